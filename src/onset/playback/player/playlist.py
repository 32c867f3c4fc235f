"""The programme: whose turn it is at the deck, and what people may do about it.

One lock: a control fades out before it acts, and nothing else moves meanwhile.
Knows nothing of sockets, and not where samples come from.
"""

import asyncio
import os
from collections import deque
from collections.abc import Callable
from time import monotonic, perf_counter_ns
from typing import Any

from onset.errors import InvalidRequest, Unavailable
from onset.playback.player.player import Player, is_null
from onset.playback.player.track import PATIENCE, Track, TrackState, TrackTotals
from onset.protocol.playback_frames import SPEEDS, VOLUMES, Policy

LONGEST_QUEUE = 32
"""Utterances that may wait."""

IDLE_LOOK = 1.0
"""Seconds between looks at the device while nothing is on."""

IDLE_SECONDS = 20.0
"""Seconds that the device stays open with nothing to play: to have it ready is what it costs."""

REMEMBERED = 20
"""Starts that a report tells of."""


class Playlist:
    """The queue before a deck. `tick` is to be called after `look`, and when samples have come."""

    def __init__(self, deck: Player, announce: Callable[[dict[str, Any]], None]) -> None:
        """announce: takes events that concern everybody."""
        self.deck = deck
        self.starts: deque[dict[str, Any]] = deque(maxlen=REMEMBERED)
        self.played = self.stopped = 0
        self._totals = TrackTotals()
        self._announce = announce
        self._queue: deque[Track] = deque()
        self._last: Track | None = None
        self._lock = asyncio.Lock()
        self._busy_at = monotonic()
        self._device: str | None = None

    @property
    def current(self) -> Track | None:
        """What is on."""
        return self.deck.utterance

    @property
    def idle(self) -> bool:
        """Whether there is nothing to be played."""
        return self.current is None and not self._queue

    @property
    def idle_for(self) -> float:
        """Seconds since there was something to play."""
        return monotonic() - self._busy_at if self.idle else 0.0

    @property
    def look(self) -> float:
        """Seconds until the next `tick` at the latest."""
        return IDLE_LOOK if self.idle else self.deck.look

    def live(self) -> list[Track]:
        """What is on and what waits."""
        return [u for u in (self.current, *self._queue) if u is not None]

    async def add(self, utterance: Track, policy: Policy) -> int:
        """Take an utterance in; how many are before it. Raises Unavailable if it is refused."""
        async with self._lock:
            if policy == "refuse" and not self.idle:
                raise Unavailable("Something is playing.", 1.0)
            if len(self._queue) >= LONGEST_QUEUE:
                raise Unavailable(f"{LONGEST_QUEUE} utterances are waiting already.", 5.0)
            self._busy_at = monotonic()
            utterance.waited = not self.idle and policy == "queue"
            if policy == "interrupt":
                await self._take_off("interrupted")
                self._queue.appendleft(utterance)
            else:
                self._queue.append(utterance)
            self._begin_due()  # its maker works while a device is opened
            ahead = len(self.live()) - 1 if policy == "queue" else 0
            refused = await self._advance()
            if refused is not None and utterance.over:
                raise refused
            self._begin_due()
            return ahead

    async def pause(self) -> None:
        """Silence, the place kept to the sample. Nothing to do if it is silent."""
        async with self._lock:
            if self.current is not None and not self.deck.paused:
                await self.deck.pause()
                self.current.tell("paused", position=self.deck.position)

    async def resume(self) -> None:
        """Go on where it was paused."""
        async with self._lock:
            if self.current is not None and self.deck.paused:
                self.deck.resume()
                self.current.tell("resumed", position=self.deck.position)

    async def stop(self, utterance: Track | None = None) -> None:
        """Silence now: of one utterance, or of all that is on or waits."""
        async with self._lock:
            if utterance is None:
                while self._queue:
                    self._drop(self._queue.pop(), "stopped")
            elif utterance in self._queue:
                self._queue.remove(utterance)
                self._drop(utterance, "stopped")
            if utterance is None or utterance is self.current:
                await self._take_off("stopped")
                await self._advance()

    async def leave(self, utterance: Track) -> None:
        """Its caller is gone: stop it unless all of it has come."""
        if not utterance.over and not utterance.tape.complete:
            await self.stop(utterance)

    async def skip(self) -> None:
        """Go on with what waits."""
        async with self._lock:
            await self._take_off("skipped")
            await self._advance()

    async def back(self) -> None:
        """To the beginning of the sentence, or just after it to that of the one before."""
        async with self._lock:
            if self.current is not None:
                place = self.current.tape.sentence(self.deck.position)
                await self.deck.seek(place)
                self.current.tell("moved", position=place)
            elif self._last is not None:
                await self._again(self._last.tape.sentence(self._last.played_to))

    async def replay(self) -> None:
        """From the beginning: what is on, or what was on last."""
        async with self._lock:
            if self.current is not None:
                await self.deck.seek(self.current.tape.begin)
                self.current.tell("moved", position=self.current.tape.begin)
            elif self._last is not None:
                await self._again(self._last.tape.begin)

    def set_speed(self, value: float | None) -> None:
        """Of everything from now on. Raises InvalidRequest."""
        self.deck.set_speed(_within(value, SPEEDS, "speed"))

    def set_volume(self, value: float | None) -> None:
        """Of everything from now on. Raises InvalidRequest."""
        self.deck.set_volume(_within(value, VOLUMES, "volume"))

    async def tick(self) -> None:
        """Fill, look, and go on with the next; a control that acts just now does it itself."""
        if self._lock.locked():
            return
        async with self._lock:
            await self._mind_device()
            if self.deck.pump():
                self._complete()
                await self._advance()
            self._begin_due()
            self._note_start()
            self._mind_patience()
            if not self.idle:
                self._busy_at = monotonic()
            elif self.idle_for > IDLE_SECONDS and self.deck.device is not None:
                await self.deck.cool()

    async def close(self) -> None:
        """Silence, and the device given back."""
        await self.stop()
        await self.deck.cool()

    def report(self) -> dict[str, Any]:
        """Everything that a person or a monitor may ask."""
        deck, current = self.deck, self.current
        state = "idle" if current is None else "paused" if deck.paused else "playing"
        return {
            "pid": os.getpid(),
            "state": state,
            "device": None if deck.device is None else deck.device.name,
            "rate": None if deck.device is None else deck.device.rate,
            "audible": None if deck.device is None else not is_null(deck.device),
            "latency_ms": None if deck.device is None else round(1e3 * deck.latency, 1),
            "speed": deck.speed,
            "volume": deck.volume,
            "playing": None if current is None else _told(current, deck.position) | _dry(current),
            "waiting": [_told(u, 0) for u in self._queue],
            "counters": self._counters(),
            "starts": list(self.starts),
        }

    def _counters(self) -> dict[str, float]:
        deck = self.deck
        xruns = deck.xruns + (0 if deck.device is None else deck.device.clock.xruns)
        totals = self._totals
        for utterance in self.live():
            totals = totals.plus(utterance.uncounted)
        return {
            "played": self.played,
            "stopped": self.stopped,
            "received_s": round(totals.received, 4),
            "heard_s": round(deck.heard, 4),
            "stalls": totals.stalls,
            "stalled_s": round(totals.stalled, 4),
            "concealed": deck.concealed,
            "lost": totals.lost,
            "xruns": xruns,
        }

    async def _advance(self) -> Unavailable | None:
        """Put the next on, if nothing is; why it could not be."""
        refused = None
        while self.current is None and self._queue:
            utterance = self._queue.popleft()
            try:
                await self.deck.load(utterance)
            except Unavailable as error:
                refused = error
                self.deck.utterance = None
                self._drop(utterance, "unavailable")
        return refused

    def _begin_due(self) -> None:
        """Have that made which is on, and what is next once all before it has come: a server that
        keeps up with one would refuse a second.
        """
        for utterance in self.live():
            utterance.begin()
            if not utterance.tape.complete:
                return

    async def _again(self, position: int) -> None:
        last, self._last = self._last, None
        if last is not None:
            last.played_to, last.waited = position, True
            last.tell("moved", position=position)
            await self.deck.load(last)

    async def _take_off(self, reason: str) -> None:
        current = self.current
        if current is not None:
            await self.deck.eject()
            self._drop(current, reason)

    def _drop(self, utterance: Track, reason: str) -> None:
        utterance.stop(reason)
        self.stopped += 1
        self._count(utterance)
        if utterance.played_to:
            self._last = utterance
            utterance.tape.cut()  # what came can be heard again, and nothing more will

    def _complete(self) -> None:
        current = self.current
        if current is None:
            return
        self.deck.utterance = None
        current.state = TrackState.DONE
        current.jitter.finish(remember=not current.waited)
        self.played += 1
        counters = current.jitter.counters
        current.tell(
            "complete",
            samples=current.tape.end,
            seconds=round(current.tape.end / current.tape.rate, 4),
            lost=current.tape.lost,
            stalls=counters.stalls,
            stalled_s=round(counters.stalled, 4),
        )
        self._count(current)
        self._last = current

    def _count(self, utterance: Track) -> None:
        """Add it up, once however often it is heard."""
        more = utterance.uncounted
        self._totals = self._totals.plus(more)
        utterance.counted = utterance.counted.plus(more)

    def _note_start(self) -> None:
        """Tell once when an utterance was first heard."""
        current, started = self.current, self.deck.started
        if current is None or started is None or current.started:
            return
        current.started = True
        counters, latency = current.jitter.counters, started.heard_ns - started.taken_ns
        told = {
            "asked_ns": current.asked_ns,
            "heard_ns": started.heard_ns,
            "first_ms": _since(current.first_ns, current.asked_ns),
            "onset_ms": _since(current.onset_came_ns, current.asked_ns),
            "lead_ms": None if current.onset is None else _ms(current.onset / current.tape.rate),
            "taken_ms": _since(started.taken_ns, current.asked_ns),
            "heard_ms": _since(started.heard_ns, current.asked_ns),
            "latency_ms": round(latency / 1e6, 2),
            "prebuffer_ms": _ms(counters.prebuffer),
            "chosen_ms": _ms(counters.chosen),
            "stages_ms": {name: _ms(seconds) for name, seconds in current.stages.items()},
            "waited": current.waited,
        }
        self.starts.append(told)
        audible = not is_null(self.deck.device)
        current.tell("started", audible=audible, **told)
        if current.on_started is not None:
            current.on_started(told | {"audible": audible, "device": self._device})

    async def _mind_device(self) -> None:
        deck = self.deck
        if self.idle:
            if deck.device is not None and deck.is_gone():
                await deck.cool()  # whoever comes next gets another
            return
        if deck.is_gone():
            if self._device is not None:
                self._tell_device("lost")
            await deck.recover()
        elif deck.device is not None and self._device != deck.device.name:
            self._tell_device("open")

    def _tell_device(self, state: str) -> None:
        device = self.deck.device
        self._device = None if state == "lost" or device is None else device.name
        self._announce({"event": "device", "state": state, "name": self._device})

    def _mind_patience(self) -> None:
        current = self.current
        if current is None or self.deck.paused or current.tape.complete or self.deck.lost:
            return
        dry = not current.jitter.playing and current.silent_for() > PATIENCE
        if dry:
            current.tell("fault", kind="stalled", position=current.tape.end, samples=0)
            current.break_off()


def _within(value: float | None, limits: tuple[float, float], name: str) -> float:
    low, high = limits
    if value is None or not low <= value <= high:
        raise InvalidRequest(f"The {name} must be within {low:g} and {high:g}.", "value")
    return value


def _told(utterance: Track, position: int) -> dict[str, Any]:
    rate = utterance.tape.rate
    total = utterance.tape.total
    return {
        "caller": utterance.label,
        "position_s": round(position / rate, 3),
        "received_s": round(utterance.tape.end / rate, 3),
        "length_s": None if total is None else round(total / rate, 3),
    }


def _dry(utterance: Track) -> dict[str, float]:
    """How long it has been silent now for want of samples."""
    return {"dry_s": round(utterance.jitter.dry_for(perf_counter_ns() / 1e9), 3)}


def _since(moment: int | None, asked: int) -> float | None:
    return None if moment is None else round((moment - asked) / 1e6, 2)


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(1e3 * seconds, 2)
