"""The generator as a stream: prosody and statistics in, samples out, a step at a time.

Given the same statistics, streaming equals the full decode (tests/model/test_streaming_decoder.py).
"""

from collections.abc import Iterator

import numpy as np

from onset.model.backend import (
    DECODER_FRAME_SAMPLES,
    STAGE_0_SHARE,
    STAGE_1_SHARE,
    AdainStatistics,
    Decoder,
    Prosody,
    Stepping,
    finished,
)
from onset.model.decoding.generator import Generator, neutral_statistics
from onset.model.graph.istftnet import LOOKAHEAD
from onset.model.harmonic_source import HOP, WINDOW
from onset.types import Floats, Halt

STAGE_0_FRAMES = 10
"""Frames of stage 0's output (800 Hz) in a decoder frame (80 Hz)."""

SPECTRUM_FRAMES = 60
"""Spectrum frames (4800 Hz), stage 1's rate, in a decoder frame (80 Hz)."""

STAGE_0_UPSAMPLING_LOOKAHEAD, STAGE_0_LOOKAHEAD = 5, 65
"""Frames at 800 Hz that stage 0 is behind its input: 5 of its upsampling, 60 of its blocks."""

STAGE_1_BLOCKS_LOOKAHEAD = 63
"""Frames at 4800 Hz that the spectrum is behind stage 1's upsampled signal: 60 of the blocks, 3 of
the last convolution."""

SOURCE_LOOKAHEAD = (36, 60)
"""Frames at each stage's rate that its source's block looks ahead, at kernels of 7 and 11."""

WARM_UP = 8
"""Decoder frames that fill the lookahead: 8 * 60 is the first multiple above LOOKAHEAD."""

TAIL = 4
"""Decoder frames that only the last step may take.

The source's first block looks 45 ms ahead, so a step that stops closer to the end would need
source that does not exist; the last step pads instead.
"""


CLOSING = WARM_UP + TAIL
"""Decoder frames: a step that would leave fewer than these takes them too."""

LEAD = HOP * (SPECTRUM_FRAMES * WARM_UP - LOOKAHEAD) - WINDOW // 2
"""Samples that the first step gives beyond its frames, unless all was refined before: what the
warm-up reaches further than the lookahead, less the half window that comes with the next step."""


class StreamingDecoder(Decoder):
    """Runs the streams of the two stages, and feeds each just what it is due.

    The step after a stage's refinement crossfades to its refined output; after it the stage's
    stream is not run any more. statistics: None if both stages are refined before the first step.
    """

    def __init__(
        self,
        generator: Generator,
        prosody: Prosody,
        statistics: AdainStatistics | None,
        start: int,
        halt: Halt,
    ) -> None:
        self._generator, self._prosody, self._halt = generator, prosody, halt
        affine = generator.affine(prosody.style)
        folded = affine.folded(statistics or neutral_statistics())
        self._streams = [generator.stream(stage, *both) for stage, both in enumerate(folded)]
        self._inverse = generator.inverse_stft(start)
        self._start = start
        self._trunk = prosody.trunk[:, :, start:]
        source = prosody.source[:, :, start * SPECTRUM_FRAMES :]
        # The padding of noise_convs.0.
        self._sources = [np.pad(source, ((0, 0), (0, 0), (3, 3))), source]
        self._source_positions = [0, 0]
        self._frames = self._trunk.shape[2]
        self._fed = 0  # decoder frames
        self._stage_0_position = 0  # frames at 800 Hz
        self._position = 0  # samples
        self._switched = [False, False]
        self.refined_outputs: list[Floats] = []
        self.remaining = self._frames

    @property
    def unrefined_shares(self) -> tuple[float, ...]:
        return (STAGE_0_SHARE, STAGE_1_SHARE)[len(self.refined_outputs) :]

    def refine(self) -> Iterator[None]:
        stage, measured = len(self.refined_outputs), neutral_statistics()
        if len(self.reusable_outputs) > stage:
            self.refined_outputs.append(self.reusable_outputs[stage])
            return
        x = self.refined_outputs[0] if stage else self._prosody.trunk
        x = yield from self._generator.full_stage(stage, x, self._prosody, measured, self._halt)
        self.refined_outputs.append(x)

    def step(self, frames: int) -> Floats:
        return finished(self.stepping(frames))

    def stepping(self, frames: int) -> Stepping:
        first = self._fed == 0
        fed = self._fed + frames + (WARM_UP if first else 0)
        last = fed + TAIL > self._frames
        fed = self._frames if last else fed
        if self._uses_refined(1, first):
            end = self._position + DECODER_FRAME_SAMPLES * frames
            samples = self._refined_samples(self._position, None if last else end)
        else:
            samples = yield from self._streamed(fed, first, last)
            if len(self.refined_outputs) > 1:
                refined = self._refined_samples(self._position, self._position + len(samples))
                samples = self._switch(1, samples, refined)
        self._fed, self._position = fed, self._position + len(samples)
        self.remaining = 0 if last else self._frames - fed + WARM_UP
        return samples

    def _refined_samples(self, begin: int, end: int | None) -> Floats:
        return self.refined_outputs[1][self._start * DECODER_FRAME_SAMPLES :][begin:end]

    def _streamed(self, fed: int, first: bool, last: bool) -> Stepping:
        """Samples from stage 1's step graph, once `fed` decoder frames went in."""
        x = yield from self._stage_0_output(fed, first, last)
        # How far stage 1's upsampled signal reaches after this step.
        reach = SPECTRUM_FRAMES * fed - LOOKAHEAD + STAGE_1_BLOCKS_LOOKAHEAD
        whole = SPECTRUM_FRAMES * self._frames + 1
        source = self._next_source(1, whole if last else reach + SOURCE_LOOKAHEAD[1])
        spectrum = yield from self._streams[1].stepping(x, source, last, self._halt)
        return self._inverse.push(spectrum[0], last)

    def _stage_0_output(self, fed: int, first: bool, last: bool) -> Stepping:
        """The part of stage 0's output [1, 256, t] that becomes complete with this step."""
        begin, end = self._stage_0_position, STAGE_0_FRAMES * fed
        end -= 0 if last else STAGE_0_LOOKAHEAD
        self._stage_0_position = end
        offset = STAGE_0_FRAMES * self._start
        refined = [x[:, :, offset + begin : offset + end] for x in self.refined_outputs[:1]]
        if self._uses_refined(0, first):
            return refined[0]
        until = STAGE_0_FRAMES * fed - STAGE_0_UPSAMPLING_LOOKAHEAD + SOURCE_LOOKAHEAD[0]
        until = STAGE_0_FRAMES * self._frames if last else until
        source = self._next_source(0, until, factor=6, overlap=6)
        inputs = self._trunk[:, :, self._fed : fed]
        streamed = yield from self._streams[0].stepping(inputs, source, last, self._halt)
        return self._switch(0, streamed, refined[0]) if refined else streamed

    def _uses_refined(self, stage: int, first: bool) -> bool:
        """Whether a stage's refined output is used alone: from the first step on, or switched."""
        self._switched[stage] |= first and len(self.refined_outputs) > stage
        return self._switched[stage]

    def _switch(self, stage: int, streamed: Floats, refined: Floats) -> Floats:
        """Crossfade along the last axis; later steps use only the refined output."""
        self._switched[stage] = True
        length = streamed.shape[-1]
        share = (np.arange(length, dtype=np.float32) + np.float32(0.5)) / np.float32(length)
        mixed: Floats = streamed + share * (refined - streamed)
        return mixed

    def _next_source(self, stage: int, until: int, factor: int = 1, overlap: int = 0) -> Floats:
        """Source frames up to the stage's frame `until`, where the last call stopped.

        factor, overlap: source frames for a frame of the stage, and beyond its last.
        """
        begin, self._source_positions[stage] = self._source_positions[stage], until
        return self._sources[stage][:, :, factor * begin : factor * until + overlap]
