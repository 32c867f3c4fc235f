"""The module as speech-dispatcher sees it: each command, its answer, and the events of messages."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from time import perf_counter

import pytest

from busy_machine import judge
from fakes import FailingBackend, HaltableBackend, fake_engine
from onset.errors import ModelError
from onset.model.backend import Backend
from onset.model.voice_styles import VOICES
from onset.screen_reader.module_output import ModuleOutput
from onset.screen_reader.speech_source import EngineSource
from onset.screen_reader.speechd_module import SpeechdModule

SETTINGS = """SET
pitch=0
rate=0
volume=100
punctuation_mode=none
spelling_mode=off
cap_let_recogn=none
voice=male1
language=en-US
synthesis_voice=NULL
.
"""


class Talk:
    """A running module and what it says."""

    def __init__(self, backend: Backend) -> None:
        reader, self._commands = os.pipe()
        answers, self._writer = os.pipe()
        self._reader = os.fdopen(reader, "rb")
        self._answers = os.fdopen(answers, "rb")
        source = EngineSource(lambda: fake_engine(backend=backend))
        lines = iter(self._reader.readline, b"")
        module = SpeechdModule(lines, ModuleOutput(self._writer), source, "af_heart")
        self.thread = Thread(target=module.run)
        self.thread.start()

    def send(self, text: str) -> None:
        os.write(self._commands, text.encode())

    def line(self) -> str:
        """The next line, of audio only that it is."""
        line = self._answers.readline()
        if line.startswith(b"705-AUDIO"):
            return "705-AUDIO"
        return line.decode().rstrip("\n")

    def until(self, last: str) -> list[str]:
        """What is said up to a line, without the audio."""
        lines = [self.line()]
        while lines[-1] != last:
            lines.append(self.line())
        return [line for line in lines if not line.startswith("705")]

    def ask(self, text: str, last: str) -> list[str]:
        self.send(text)
        return self.until(last)

    def close(self) -> None:
        os.close(self._commands)
        self.thread.join(5)
        assert not self.thread.is_alive()
        self._answers.close()
        self._reader.close()
        os.close(self._writer)


@contextmanager
def talking(backend: Backend | None = None) -> Iterator[Talk]:
    talk = Talk(backend or HaltableBackend(0.001))
    try:
        yield talk
    finally:
        talk.close()


@pytest.fixture
def talk() -> Iterator[Talk]:
    with talking() as made:
        yield made


def test_it_begins_and_ends_as_the_protocol_says(talk: Talk) -> None:
    assert talk.ask("INIT\n", "299 OK LOADED SUCCESSFULLY")[0].startswith("299-")
    asked = "AUDIO\naudio_output_method=server\n.\n"
    expected = ["207 OK RECEIVING AUDIO SETTINGS", "203 OK AUDIO INITIALIZED"]
    assert talk.ask(asked, expected[-1]) == expected
    expected = ["207 OK RECEIVING LOGLEVEL SETTINGS", "203 OK LOGLEVEL SET"]
    assert talk.ask("LOGLEVEL\nlog_level=3\n.\n", expected[-1]) == expected
    expected = ["203 OK RECEIVING SETTINGS", "203 OK SETTINGS RECEIVED"]
    assert talk.ask(SETTINGS, expected[-1]) == expected
    voices = talk.ask("LIST VOICES\n", "200 OK VOICE LIST SENT")
    assert len(voices) == len(VOICES) + 1 and "200-ff_siwis\tfr\tfemale1" in voices
    assert talk.ask("DANCE\n", "300 ERR UNKNOWN COMMAND")
    assert talk.ask("QUIT\n", "210 OK QUIT") == ["210 OK QUIT"]


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("AUDIO\naudio_output_method=pulse\n.\n", "303 ERROR INVALID PARAMETER OR VALUE"),
        ("SET\nrate=1000\n.\n", "303 ERROR INVALID PARAMETER OR VALUE"),
        ("SET\nrate\n.\n", "302 ERROR BAD SYNTAX"),
        ("SPEAK\n\n.\n", "301 ERROR CANT SPEAK"),
        ("CHAR\na\nb\n.\n", "305 DATA MORE THAN ONE LINE"),
    ],
)
def test_what_is_wrong_is_refused_and_the_next_is_heard(
    talk: Talk, asked: str, answer: str
) -> None:
    assert talk.ask(asked, answer)
    assert talk.ask(SETTINGS, "203 OK SETTINGS RECEIVED")


SPOKEN = ["202 OK RECEIVING MESSAGE", "200 OK SPEAKING", "701 BEGIN"]


def test_a_message_begins_has_its_marks_and_ends(talk: Talk) -> None:
    text = '<speak><mark name="a"/>One two <mark name="b"/>three.<mark name="c"/></speak>'
    marks = [line for name in "abc" for line in (f"700-{name}", "700 INDEX MARK")]
    assert talk.ask(f"SPEAK\n{text}\n\n.\n", "702 END") == [*SPOKEN, *marks, "702 END"]


@pytest.mark.parametrize("rate", [-100, 100])
def test_marks_keep_their_order_at_any_rate(talk: Talk, rate: int) -> None:
    talk.ask(SETTINGS.replace("rate=0", f"rate={rate}"), "203 OK SETTINGS RECEIVED")
    words = " ".join(f'<mark name="{n}"/>word{n}' for n in range(30))
    lines = talk.ask(f"SPEAK\n<speak>{words}</speak>\n.\n", "702 END")
    names = [line[4:] for line in lines if line.startswith("700-")]
    assert names == [str(n) for n in range(30)]


def test_lines_of_a_message_may_begin_with_dots(talk: Talk) -> None:
    assert talk.ask("SPEAK\none\n..\n..two\n.\n", "702 END") == [*SPOKEN, "702 END"]


@pytest.mark.parametrize("kind", ["CHAR", "KEY", "SOUND_ICON"])
def test_short_messages_are_spoken(talk: Talk, kind: str) -> None:
    talk.send(f"{kind}\nspace\n\n.\n")
    lines = []
    while (line := talk.line()) != "702 END":
        lines.append(line)
    assert lines[:3] == SPOKEN and "705 AUDIO" in lines


def test_a_letter_that_was_spoken_is_there_at_once() -> None:
    with talking(HaltableBackend(0.05)) as talk:
        seconds = []
        for _ in range(6):
            begun = perf_counter()
            talk.send("CHAR\na\n.\n")
            while talk.line() != "705-AUDIO":
                pass
            seconds.append(perf_counter() - begun)
            talk.until("702 END")
    assert seconds[0] > 0.1
    judge("a letter that is kept", [1e3 * each for each in seconds[1:]], 30)


@pytest.mark.parametrize(("command", "event"), [("STOP", "703 STOP"), ("PAUSE", "704 PAUSE")])
def test_a_message_is_ended_within_50_ms_and_nothing_follows(command: str, event: str) -> None:
    with talking(HaltableBackend(0.01)) as talk:
        waits = list[float]()
        for _ in range(10):
            talk.ask("SPEAK\n" + "many words " * 50 + "\n.\n", "701 BEGIN")
            while talk.line() != "705 AUDIO":
                pass
            begun = perf_counter()
            assert talk.ask(f"{command}\n", event)[-1] == event
            waits.append(1e3 * (perf_counter() - begun))
            # The next answer is that of the next command: nothing of the message is in between.
            assert talk.ask(SETTINGS, "203 OK SETTINGS RECEIVED")[0] == "203 OK RECEIVING SETTINGS"
    judge(f"{command} to {event}", waits, 50)


def test_stop_without_a_message_says_nothing(talk: Talk) -> None:
    talk.ask("SPEAK\none\n.\n", "702 END")
    talk.send("STOP\nSTOP\nPAUSE\n")
    assert talk.ask("DANCE\n", "300 ERR UNKNOWN COMMAND") == ["300 ERR UNKNOWN COMMAND"]


def test_a_thousand_messages_each_cut_by_the_next(talk: Talk) -> None:
    talk.ask("SPEAK\nto load\n.\n", "702 END")
    for number in range(1000):
        talk.ask(f"SPEAK\nitem number {number} of many more\n.\n", "200 OK SPEAKING")
        talk.ask("STOP\n", "703 STOP")
    assert talk.ask("SPEAK\nthe last\n.\n", "702 END") == [*SPOKEN, "702 END"]


def test_what_cannot_be_spoken_still_ends(talk: Talk) -> None:
    assert talk.ask("SPEAK\n<speak>...</speak>\n.\n", "702 END")[-1] == "702 END"


def test_a_failure_ends_the_message_and_the_next_is_spoken() -> None:
    with talking(FailingBackend(ModelError("odd"), 3)) as talk:
        assert talk.ask("SPEAK\none two three\n.\n", "702 END") == [*SPOKEN, "702 END"]
        talk.send("SPEAK\none two three\n.\n")
        assert "705 AUDIO" in iter(talk.line, "702 END")
        talk.until("702 END")


def test_letters_are_prepared_while_nobody_waits() -> None:
    backend = HaltableBackend(0.001)
    with talking(backend) as talk:
        talk.ask(SETTINGS, "203 OK SETTINGS RECEIVED")
        assert backend.working.wait(5)  # without any message


def test_the_end_of_input_ends_it_while_it_speaks() -> None:
    with talking(HaltableBackend(0.01)) as talk:
        talk.ask("SPEAK\n" + "many words " * 50 + "\n.\n", "701 BEGIN")
