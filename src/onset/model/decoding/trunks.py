"""The trunk: residual blocks that make the generator's input from encoded text, F0 and energy."""

from abc import ABC, abstractmethod

from onset.model.backend import AdainStatistics, FrontOutput
from onset.types import Floats, Halt


class Trunk(ABC):
    """Each of its ten AdaIN normalises over the whole reading, unless the statistics are given."""

    @abstractmethod
    def run(
        self,
        front: FrontOutput,
        begin: int,
        end: int,
        statistics: AdainStatistics | None,
        halt: Halt,
    ) -> tuple[Floats, AdainStatistics]:
        """Of the decoder frames [begin, end), both even: [1, 512, end - begin], and statistics.

        statistics: those given, float32 [9482] each, or None for those of these frames. What is
        outside of the frames is taken for silence. Raises Halted.
        """


def curves(front: FrontOutput, begin: int, end: int) -> tuple[Floats, Floats, Floats]:
    """asr [1, 512, n], F0 and energy [1, 2n] of decoder frames [begin, end), both even."""
    frames = slice(begin, end)
    asr = front.asr[:, :, begin // 2 : end // 2]
    return asr, front.f0[None, frames], front.energy[None, frames]
