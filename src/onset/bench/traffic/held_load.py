"""As many listeners as the server says it keeps up with, for minutes, and what others get then.

Three questions at once: does anybody who listens run dry, how late is the first sound of somebody
new, and how soon is one too many told so.
Knows nothing of how a server decides.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from onset.bench.analysis.metrics import pieces, ttfa_audible
from onset.bench.analysis.simulated_player import play
from onset.bench.records.plan import Extent
from onset.bench.records.recording import Recording, RequestOutcome
from onset.bench.run.idle import wait_idle
from onset.bench.traffic.http_exchange import Endpoint, fetch
from onset.bench.traffic.recorder import AnswerRecorder, listen
from onset.bench.workload.texts import TextClass, prose, workload
from onset.protocol.http_api import HEALTH_PATH, Health, SpeechRequest
from onset.stats.quantiles import median

PREBUFFER = 0.2
"""Seconds of audio the listeners' players wait for."""

BOOK = 60 * 60 * 22
"""Characters of an hour at least. Whoever listens asks for as much, however soon he leaves: beside
somebody who is about to end, one more would fit, and rightly be let in."""

ALONE = 7
"""First sounds measured before anybody listens."""

ACCUSTOMED = 30.0
"""Seconds of audio spoken before the server is asked how many it keeps up with.

Until then it has only begun, which costs much for little audio: it would say too few.
"""

EVERY = 10.0
"""Seconds between two who come meanwhile: by turns one with a sentence and one with a book."""

SETTLE = 5.0
"""Seconds until the listeners are no longer new."""

FULL = 429

MOST_RATIO = 3.0
MOST_REFUSAL_MS = 50.0


@dataclass(frozen=True, slots=True)
class HeldLoad:
    """What was heard. listeners: to the end; alone, new: first sounds; beyond: one too many."""

    count: int
    listeners: tuple[Recording, ...]
    alone: tuple[Recording, ...]
    new: tuple[Recording, ...]
    beyond: tuple[Recording, ...]

    def summary(self) -> dict[str, Any]:
        """The figures, units in the keys; None is not measured. A failure has no latency."""
        refused = [_refusal(one) for one in (*self.new, *self.beyond) if one.status == FULL]
        alone = median([ttfa_audible(one) for one in self.alone])
        served = [one for one in self.new if one.status != FULL]
        new = median([ttfa_audible(one) for one in served])
        return {
            "schema": 1,
            "bench": "load",
            "listeners": self.count,
            "listened_seconds": min((_length(one) for one in self.listeners), default=None),
            "underruns": sum(_stalls(one) for one in self.listeners),
            "errors": sum(_failed(one) for one in (*self.listeners, *self.alone, *served)),
            "ttfa_alone_ms_p50": _ms(alone),
            "ttfa_loaded_ms_p50": _ms(new),
            "ttfa_ratio": None if alone is None or new is None else new / alone,
            "new_served": len(served),
            "new_refused": len(self.new) - len(served),
            "beyond_refused": sum(one.status == FULL for one in self.beyond),
            "beyond_admitted": sum(one.status != FULL for one in self.beyond),
            "refusal_ms_max": _ms(max(refused, default=None)),
        }

    @property
    def verdicts(self) -> tuple[tuple[bool, str], ...]:
        """Each promise: whether it was kept, and in words with its figure."""
        figures = self.summary()
        heard, ratio = figures["listened_seconds"], figures["ttfa_ratio"]
        refusal, beyond = figures["refusal_ms_max"], figures["beyond_admitted"]
        alone, new = figures["ttfa_alone_ms_p50"], figures["ttfa_loaded_ms_p50"]
        who = f"{self.count} listeners for {0.0 if heard is None else heard:.0f} s of audio each"
        within = isinstance(ratio, float) and ratio <= MOST_RATIO
        prompt = isinstance(refusal, float) and refusal <= MOST_REFUSAL_MS
        times = f"{ratio:.2f} times" if isinstance(ratio, float) else "not measured against"
        return (
            (
                figures["underruns"] == 0 and heard is not None,
                f"{who}: {figures['underruns']} underruns of a player with "
                f"{1e3 * PREBUFFER:g} ms of prebuffer (0)",
            ),
            (figures["errors"] == 0, f"{figures['errors']} failed requests (0)"),
            (
                within,
                f"a new request's audible TTFA, median {new} ms, is {times} that alone, "
                f"{alone} ms (<= {MOST_RATIO:g} times)",
            ),
            (beyond == 0, f"{beyond} let in beyond what fits (0)"),
            (prompt, f"slowest refusal {refusal} ms (<= {MOST_REFUSAL_MS:g} ms)"),
        )

    @property
    def kept(self) -> bool:
        """Whether all promises hold."""
        return all(kept for kept, _ in self.verdicts)


@dataclass(slots=True)
class _Meanwhile:
    new: list[Recording] = field(default_factory=list)
    beyond: list[Recording] = field(default_factory=list)


async def hold(url: str, voice: str, seconds: float, count: int | None, seed: int) -> HeldLoad:
    """Listen. count None: as many as the server says. Raises ServerError."""
    endpoint = await Endpoint.of(url)
    short = workload(seed).texts[TextClass.SENTENCE]
    alone = await _alone(endpoint, voice, short[:ALONE])
    many = count or await _listeners(endpoint, voice, seed)
    texts = [prose(BOOK, seed + 1 + n) for n in range(many)]
    meanwhile = _Meanwhile()
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_hear(endpoint, voice, t, seconds)) for t in texts]
        group.create_task(_visit(endpoint, voice, short[ALONE:], seconds, meanwhile))
    heard = tuple(task.result() for task in tasks)
    return HeldLoad(many, heard, tuple(alone), tuple(meanwhile.new), tuple(meanwhile.beyond))


async def _alone(endpoint: Endpoint, voice: str, texts: Sequence[str]) -> list[Recording]:
    heard = []
    for text in texts:
        heard.append(await _begin(endpoint, voice, text))
        await wait_idle(endpoint, alone=True)
    return heard


async def _listeners(endpoint: Endpoint, voice: str, seed: int) -> int:
    """As many as the server says once it has spoken for a while, one if it does not."""
    await _hear(endpoint, voice, prose(BOOK, seed), ACCUSTOMED)
    await wait_idle(endpoint, alone=True)
    return (await _health(endpoint)).listeners or 1


async def _hear(endpoint: Endpoint, voice: str, text: str, seconds: float) -> Recording:
    """Listen for so many seconds of audio."""
    return await listen(endpoint, _asked(text, voice), AnswerRecorder(cancel_after=seconds))


async def _begin(endpoint: Endpoint, voice: str, text: str) -> Recording:
    """Listen until the first sound."""
    return await listen(endpoint, _asked(text, voice), AnswerRecorder(Extent.ONSET))


async def _visit(
    endpoint: Endpoint, voice: str, texts: Sequence[str], seconds: float, notes: _Meanwhile
) -> None:
    """Come every now and then, as long as the listeners are still being spoken to."""
    end = monotonic() + seconds * 0.8
    await asyncio.sleep(SETTLE)
    for number, text in enumerate(texts):
        if monotonic() > end:
            return
        if number % 2:
            notes.beyond += await _overfill(endpoint, voice, 1000 * number)
        else:
            notes.new.append(await _begin(endpoint, voice, text))
        await asyncio.sleep(EVERY)


async def _overfill(endpoint: Endpoint, voice: str, seed: int) -> list[Recording]:
    """As many at once as the server says still fit, and one more; those who were not served.

    If all were served, the last of them: he was one too many. Nobody was if the server says by now
    that it keeps up with more: what it has measured moves, and it need not wait for us to look.
    """
    told = await _health(endpoint)
    room = 0  # where it does not tell, it is taken to be full
    if told.listeners is not None and told.active is not None:
        room = max(0, told.listeners - told.active)
    books = [prose(BOOK, seed + n) for n in range(room + 1)]
    came = await asyncio.gather(*(_begin(endpoint, voice, book) for book in books))
    if refused := [one for one in came if one.status == FULL]:
        return refused
    now = await _health(endpoint)
    return [] if (now.listeners or 0) > (told.listeners or 0) else [came[-1]]


async def _health(endpoint: Endpoint) -> Health:
    return Health.model_validate_json(await fetch(endpoint, HEALTH_PATH))


def _asked(text: str, voice: str) -> SpeechRequest:
    return SpeechRequest(input=text, voice=voice, response_format="pcm")


def _failed(recording: Recording) -> bool:
    return recording.outcome is RequestOutcome.FAILED


def _length(recording: Recording) -> float:
    return sum(samples for _, samples in recording.arrivals) / recording.sample_rate


def _stalls(recording: Recording) -> int:
    played = play(pieces(recording), PREBUFFER)
    return 0 if played is None else len(played.stalls)


def _refusal(recording: Recording) -> float:
    ended_ns = recording.ended_ns or recording.sent_ns
    return (ended_ns - recording.sent_ns) / 1e9


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(1e3 * seconds, 1)
