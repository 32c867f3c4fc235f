"""The real speech-dispatcher with our module, heard at a real sound server's sink.

Around a fake model, so that what is measured is all but the model. With SPEECHD_MODEL=real
the module loads the real one: that is how long people wait.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, perf_counter_ns, sleep
from typing import NamedTuple

import numpy as np
import pytest

from busy_machine import judge
from fakes import eventually
from sound_server import Recording, recording, sound_server
from speechd_server import SpeechDispatcher, missing, speech_dispatcher

pytestmark = pytest.mark.skipif(missing() is not None, reason=missing() or "")

FAKE = str(Path(__file__).parents[1] / "fake_speechd.py")
LOUD = 60
"""Of 32768; the sink's own noise is none."""

LONG = "This is a rather long sentence that goes on and on until somebody stops it. " * 3


class Heard(NamedTuple):
    """A speech-dispatcher and what its sink plays."""

    spd: SpeechDispatcher
    made: Recording

    def now(self) -> int:
        return len(self.made.samples)

    def sounds_since(self, sample: int) -> bool:
        return bool((np.abs(self.made.samples[sample:]) > LOUD).any())

    def first(self, since: int) -> int:
        """When the first loud sample since then was heard, `perf_counter_ns`."""
        eventually(lambda: self.sounds_since(since), 20)
        sleep(0.05)
        loud = np.flatnonzero(np.abs(self.made.samples[since:]) > LOUD)
        return self.made.time_of(since + int(loud[0]))

    def last(self) -> int:
        """When the last loud sample was."""
        return self.made.time_of(int(np.flatnonzero(np.abs(self.made.samples) > LOUD)[-1]))


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Heard]:
    folder = tmp_path_factory.mktemp("speechd")
    with (
        sound_server(folder, 48_000) as sound,
        recording(sound) as made,
        speech_dispatcher(folder, sound, [sys.executable, FAKE, "0.002"]) as spd,
    ):
        yield Heard(spd, made)


def test_spd_say_is_heard_soon(heard: Heard) -> None:
    waits = []
    for number in range(5):
        since, asked = heard.now(), perf_counter_ns()
        heard.spd.say("-w", f"Hello number {number}.")
        waits.append((heard.first(since) - asked) / 1e6)
        sleep(0.3)
    judge("spd-say to the first sample at the sink", waits, 150)  # of which the model has 5


def test_cancelling_is_silent_soon(heard: Heard) -> None:
    waits = []
    for number in range(7):
        since = heard.now()
        heard.spd.say(LONG)
        heard.first(since)
        sleep(0.2 + 0.05 * number)
        asked = perf_counter_ns()
        heard.spd.say("-S")
        sleep(0.7)
        waits.append((heard.last() - asked) / 1e6)
    since = heard.now()
    sleep(0.5)
    assert not heard.sounds_since(since)
    judge("spd-say -S to silence at the sink", waits, 100)  # of which its own start has 10


def test_a_client_that_was_cut_hears_the_next(heard: Heard) -> None:
    before = heard.spd.module().num_fds()
    for number in range(30):
        heard.spd.say(f"item {number} of {LONG}")
        heard.spd.say("-C")
    since = heard.now()
    heard.spd.say("-w", "The last one.")
    assert heard.sounds_since(since)
    assert heard.spd.module().num_fds() <= before + 2


def test_rate_and_voice_are_taken(heard: Heard) -> None:
    seconds = []
    for rate in ("-100", "0", "100"):
        begun = monotonic()
        heard.spd.say("-w", "-r", rate, "-y", "am_michael", "many words to be heard " * 3)
        seconds.append(monotonic() - begun)
    assert seconds[0] > seconds[1] > seconds[2]


def test_no_process_is_left_when_it_is_killed(tmp_path: Path) -> None:
    with (
        sound_server(tmp_path) as sound,
        speech_dispatcher(tmp_path, sound, [sys.executable, FAKE]) as spd,
    ):
        module = spd.module()
        spd.say(LONG)
        spd.process.kill()
        spd.process.wait()
        eventually(lambda: not module.is_running(), 5)


@pytest.mark.skipif(os.environ.get("SPEECHD_MODEL") != "real", reason="SPEECHD_MODEL is not real")
def test_the_real_model_is_heard_within_200_ms(tmp_path: Path) -> None:
    module = [sys.executable, "-m", "onset", "speechd"]
    texts = ("Hello there.", "Good morning to you.", "Open file", "Save as, button", "Inbox, link")
    with (
        sound_server(tmp_path, 48_000) as sound,
        recording(sound) as made,
        speech_dispatcher(tmp_path, sound, module, ONSET_PORT="1") as spd,
    ):
        heard, waits = Heard(spd, made), []
        spd.say("-w", "It is loaded now.")
        for text in texts * 3:
            since, asked = heard.now(), perf_counter_ns()
            spd.say("-w", text)
            waits.append((heard.first(since) - asked) / 1e6)
            sleep(0.3)
    judge("spd-say to the first sample, real model", sorted(waits), 200)
