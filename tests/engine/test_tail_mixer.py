"""What a segment leaves behind is heard together with what follows, all of it and only once."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from onset.engine.tail_mixer import TailMixer
from onset.types import Floats

Segments = list[tuple[int, int, int]]
"""Of each segment: samples alone, samples of its tail, samples of the pause behind it."""


def ones(count: int) -> Floats:
    return np.ones(count, np.float32)


def spoken(segments: Segments, size: int) -> Floats:
    """Segments of ones, pushed `size` samples at a time."""
    ringing, heard = TailMixer(), []
    for alone, tail, pause in segments:
        ringing.begin(alone)
        for begin in range(0, alone + tail, size):
            heard.append(ringing.push(ones(min(size, alone + tail - begin))))
        heard.append(ringing.mix(np.zeros(pause, np.float32)))
    return np.concatenate([*heard, ringing.flush(), ringing.flush()])


def summed(segments: Segments) -> Floats:
    """The same, each laid where it belongs."""
    begins = np.cumsum([0, *(alone + pause for alone, _, pause in segments)])
    ends = [begin + alone + tail for begin, (alone, tail, _) in zip(begins, segments, strict=False)]
    total = np.zeros(max(*ends, begins[-1]), np.float32)
    for begin, end in zip(begins, ends, strict=False):
        total[begin:end] += 1
    return total


lengths = st.integers(0, 40)


@given(st.lists(st.tuples(lengths, lengths, lengths), min_size=1), st.integers(1, 20))
def test_every_sample_is_heard_once_where_it_belongs(segments: Segments, size: int) -> None:
    assert spoken(segments, size).tolist() == summed(segments).tolist()


def test_a_tail_rings_on_under_more_than_one_segment() -> None:
    heard = spoken([(2, 8, 1), (3, 4, 0)], 100)
    assert heard.tolist() == [1, 1, 1, 2, 2, 2, 2, 2, 2, 2]


def test_what_is_given_stays_as_it_is() -> None:
    ringing, given_samples = TailMixer(), ones(4)
    ringing.begin(0)
    ringing.push(ones(4))
    ringing.mix(given_samples)
    assert given_samples.tolist() == [1, 1, 1, 1]
