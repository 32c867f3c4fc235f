"""Ways in which servers have looked faster or smoother than they were, and how each shows.

A scripted server plays every trick of `data/selfcheck.toml` once, and the benchmark must notice
it. Most were found in published results of speech servers.
"""

import tomllib
from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel

from onset.bench.analysis.metrics import playback, prebuffer, ttfa_audible, ttfa_wire, ttfb
from onset.bench.analysis.validity import reasons, warnings
from onset.bench.peers.scripted_server import (
    Finish,
    Head,
    Reset,
    Script,
    Sound,
    Step,
    Wait,
    answer,
    scripted,
    silence,
    tone,
)
from onset.bench.records.plan import Phase, PlannedRequest, ScenarioRun
from onset.bench.records.recording import RequestOutcome
from onset.bench.records.run_folder import Fingerprint, Manifest, Run, Trial
from onset.bench.report.formatting import shown
from onset.bench.traffic.recorder import record
from onset.protocol.http_api import SpeechRequest
from onset.protocol.wav import wav_header

DELAY = 0.2
"""Seconds between the figure that is shown off and the true one."""


def script(written: Sequence[str]) -> Script:
    """The steps that selfcheck.toml describes. Raises KeyError for others."""
    steps: list[Step] = []
    for line in written:
        times, _, rest = line.partition(" ") if line[0].isdecimal() else ("1", "", line)
        steps += [step for _ in range(int(times)) for step in _step(rest)]
    return steps


def _step(line: str) -> Script:
    word, _, rest = line.partition(" ")
    name, _, value = rest.partition(": ")
    match word:
        case "head":
            return [Head(headers=((name, value),) if name else ())]
        case "wait":
            return [Wait(float(rest))]
        case "finish":
            return [Finish()]
        case "reset":
            return [Reset()]
        case "refuse":
            return answer(b"busy", rest)
    return [Sound(b"".join(_sound(*part.split()) for part in line.split("+")))]


def _sound(word: str, *numbers: str) -> bytes:
    makers: dict[str, Callable[..., bytes]] = {"tone": tone, "silence": silence, "wav": wav_header}
    return makers[word](*map(float, numbers))


class Trick(BaseModel, frozen=True, extra="forbid"):
    """boast: the figure it wants to be read. scripts: one for each request, in order.

    shows: how the benchmark notices it. texts: what is asked, one for each script.
    """

    name: str
    boast: str
    shows: Literal["late_onset", "stalls", "failure", "invalid", "warning"]
    scripts: tuple[tuple[str, ...], ...]
    texts: tuple[str, ...] = ("Hello there.",)

    def exposed(self) -> str:
        """Play it; what the benchmark says of it, empty when it did not notice."""
        trials = []
        with scripted(*map(script, self.scripts)) as server:
            for number, text in enumerate(self.texts):
                request = SpeechRequest(input=text, response_format="pcm")
                ask = PlannedRequest(
                    number, "trick", "", "fake", Phase.MEASURED, number, text, "forty"
                )
                trials.append(Trial(ask, record(server.url, request)))
        return self._noticed(run_of(trials))

    def _noticed(self, run: Run) -> str:
        first = run.trials[0].recording
        audible, needed, played = ttfa_audible(first), prebuffer(first), playback(first, 0.0)
        match self.shows:
            case "late_onset" if audible is not None and audible >= DELAY:
                headers, wire = _ms(ttfb(first)), _ms(ttfa_wire(first))
                return f"audible after {_ms(audible)}; headers after {headers}, first audio {wire}"
            case "stalls" if played is not None and not played.smooth:
                return f"{len(played.stalls)} stalls, needs a prebuffer of {_ms(needed)}"
            case "failure" if first.outcome is RequestOutcome.FAILED and audible is None:
                return f"failed, no latency: {first.detail}"
            case "invalid":
                return "; ".join(one for one in reasons(run) if one != "nothing was measured")
            case "warning":
                return "; ".join(warnings(run))
        return ""


def run_of(trials: Sequence[Trial], scenarios: Sequence[ScenarioRun] = ()) -> Run:
    """A run that consists of these trials."""
    manifest = Manifest(1, "trick", 1, "", "", "", "", True, "", (), tuple(scenarios))
    asks = tuple(trial.ask for trial in trials)
    return Run(manifest, Fingerprint(1, "", {}, {}), asks, tuple(trials), ())


def _ms(seconds: float | None) -> str:
    return f"{shown(seconds)} ms"


_DATA = tomllib.loads(files("onset").joinpath("data", "selfcheck.toml").read_text("utf-8"))

TRICKS = tuple(map(Trick.model_validate, _DATA["trick"]))

SCRIPTS = {name: script(written) for name, written in _DATA["script"].items()}
"""Each with one onset, in the piece that the first loud Sound sends."""
