"""What the work of one engine costs, by model, and what its listeners still need of it."""

from collections.abc import Callable, Collection, Iterable

from onset.engine.plans import STUDENT_RTF, Plan
from onset.monitoring.answer_record import TARGET
from onset.serving.scheduling.admission import BEGINNING, Capacity, ListenerDebt
from onset.serving.scheduling.slowness import Slowness
from onset.serving.scheduling.stream import Stream
from onset.types import Request

OPEN_END = 15.0
"""Seconds of speech still expected of a text that is being written: nobody knows its end."""


class WorkCosts:
    """kokoro, student: what their work was measured to cost. slowness: of Kokoro's work now.

    Whoever uses it holds a lock. clock: seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.kokoro, self.student = Capacity(), Capacity(STUDENT_RTF)
        self.slowness = Slowness(clock)

    def forget(self) -> None:
        """The machine is another than it was: Kokoro's work is measured anew."""
        self.kokoro.forget_costs()
        self.slowness.forget()

    def of(self, plan: Plan) -> Capacity:
        """What answers of a plan cost."""
        return self.student if plan.student else self.kokoro

    def audio(self, request: Request, characters: int, writing: bool = False) -> float:
        """About how long so many characters of a request will be, in seconds. writing: and more."""
        seconds = self.kokoro.length(_language(request), characters) / request.speed
        return max(seconds, OPEN_END) if writing else seconds

    def add_turn(self, stream: Stream, seconds: float, audio: float) -> None:
        """Note a turn of a stream. What was made before says nothing of what making costs."""
        if stream.trace.cached:
            return
        counted, stream.trace.counted = stream.trace.counted, 0.0
        loading = stream.cold and not stream.started
        if not (stream.plan.student or loading):
            self.slowness.add(seconds, counted)
        capacity = self.of(stream.plan)
        capacity.work.add(seconds, audio)
        if audio and not stream.started:
            capacity.first_audio.add(stream.cost, 1)
        produced = stream.produced + audio
        # An exact one decodes all before, one in the background is, and a cold one loads words.
        usual = not (stream.background or stream.plan.exact or stream.cold)
        if usual and stream.produced < BEGINNING <= produced:
            beyond = stream.cost - (capacity.rtf or 0.0) * produced
            capacity.beginnings.add(max(0.0, beyond), 1)

    def add_speech(self, request: Request, characters: int, audio: float) -> None:
        """Note that so many characters took `audio` seconds to say, at speed 1."""
        self.kokoro.add_speech(_language(request), characters, audio)

    def remaining(self, stream: Stream) -> float:
        """About how long what is still to be spoken of a stream will be, in seconds."""
        whole = self.audio(stream.request, stream.characters)
        return max(whole - stream.produced, OPEN_END if stream.writing else 0.0)

    def admitted(
        self, plan: Plan, listening: Collection[Stream], audio: float, now: float, last: bool
    ) -> float | None:
        """Seconds within which one more is to hear something; None if somebody would run dry.

        Many beginnings at once would make one another run dry, so who comes waits for those of the
        others; not with a student, which needs nothing of them. audio: seconds of the newcomer's.
        last: whether no other plan is tried; else None also where they would hear too late.
        """
        capacity, later = self.of(plan), 0.0
        if not plan.student:
            left = (
                self.of(each.plan).beginning_left(each.cost, each.produced) for each in listening
            )
            later = sum(left)
        if not last and later > max(0.0, TARGET - capacity.patience):
            return None
        admits = capacity.admits(self.debts(listening, now), audio, later)
        return capacity.patience + later if admits else None

    def debts(self, listening: Iterable[Stream], now: float) -> list[ListenerDebt]:
        """What listeners need from now on."""
        return [self.debt(stream, now) for stream in listening]

    def debt(self, stream: Stream, now: float) -> ListenerDebt:
        """What a listener needs from now on."""
        capacity = self.of(stream.plan)
        first = capacity.first_cost or 0.0
        work = 0.0 if stream.started else max(0.0, first - stream.cost)
        remaining = self.remaining(stream)
        return ListenerDebt(max(0.0, stream.ahead(now)), remaining, work, capacity.rtf)


def _language(request: Request) -> str:
    """A key for how long its characters last. A voice's name begins with its language."""
    return request.lang or request.voice[:1]
