"""Plans: in which way an answer is made. One is chosen when it is admitted, and never changed.

The same request, plan and pace give the same samples.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from onset.engine.playout_budget import FRAME, work
from onset.engine.reading_limits import FIRST_READING, PHONEME_SECONDS
from onset.engine.span_decoding import FIRST_STEPS
from onset.model.backend import STAGE_0_SHARE, STAGE_1_SHARE, Shares
from onset.types import Mode, PlanName

SILENCE_SECONDS = 0.9
"""Seconds of silence that a reading is surrounded with."""

SMALLEST_TRUNK = 80
"""Frames that the smallest part of a trunk takes as long as (model/opening_decoder.py)."""

STUDENT_RTF = 0.03
"""Seconds of a student's work for a second of audio, taken until it is measured; about twice what
two Zen 5 cores take (docs/log/2026-11-29-fast-voice.md)."""


def may_be_fast(mode: Mode, fallback: bool) -> bool:
    """Whether answers that do not ask for it may be spoken by a student, by these settings."""
    return fallback or mode in ("auto", "fast")


@dataclass(frozen=True, slots=True)
class Plan:
    """A way to make an answer. name: as X-Onset-Plan tells it.

    student: spoken by the voice's student. predicted: stages of the generator, the last ones, that
    may sound with predicted statistics until there is time to refine them. windows: a long sentence
    may begin with a window of it. opening: it may begin before its trunk is there.
    """

    name: PlanName
    student: bool = False
    predicted: int = 2
    windows: bool = True
    opening: bool = False

    @property
    def exact(self) -> bool:
        """Whether nothing sounds with predicted statistics."""
        return not self.predicted

    def rtf(self, pace: float) -> float:
        """Seconds of work for a second of audio, where nothing is done twice. pace: as below."""
        return STUDENT_RTF if self.student else pace

    def first_seconds(self, pace: float, phonemes: int, shares: Shares) -> float:
        """Seconds of work until the first sound of a text of so many phonemes, by the shares that
        work was measured to have. pace: seconds of work for a second of speech."""
        read = phonemes if not self.windows else min(phonemes, FIRST_READING)
        seconds = read * PHONEME_SECONDS + SILENCE_SECONDS
        if self.student:
            return STUDENT_RTF * seconds
        refined = (STAGE_0_SHARE, STAGE_1_SHARE)[: 2 - self.predicted]
        steps = (STAGE_0_SHARE, STAGE_1_SHARE)[2 - self.predicted :]
        whole, first = round(seconds / FRAME), FIRST_STEPS[0]
        trunk = min(whole, SMALLEST_TRUNK) if self.opening else whole
        before = work(pace, shares.front + sum(refined), whole) + work(pace, shares.trunk, trunk)
        return before + work(pace, sum(steps), first, 1)


PLANS: Mapping[PlanName, Plan] = {
    "fast": Plan("fast", student=True),
    "balanced": Plan("balanced", opening=True),
    "quality": Plan("quality", predicted=1),
    "exact": Plan("exact", predicted=0, windows=False),
}
"""Every plan, the soonest first."""
