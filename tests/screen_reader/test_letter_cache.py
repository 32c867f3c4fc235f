"""Letters that are kept: bounded, without the silence before them, and never a text."""

import numpy as np

from onset.screen_reader.letter_cache import LEAD, LONGEST_KEPT, LetterCache
from onset.types import Floats, Request


def tone(silence: int = 2400, seconds: float = 0.2) -> Floats:
    sound = np.sin(np.arange(round(seconds * 24_000)) / 10).astype(np.float32)
    return np.concatenate((np.zeros(silence, np.float32), sound))


def test_kept_without_its_lead() -> None:
    cache, request = LetterCache(), Request("A.")
    assert cache.get(request) is None
    kept = cache.put(request, tone())
    assert cache.get(request) is kept
    assert len(tone()) - len(kept) == 2400 - LEAD
    assert cache.get(Request("A.", speed=1.5)) is None


def test_silence_stays_as_it_is() -> None:
    silence = np.zeros(4800, np.float32)
    assert len(LetterCache().put(Request("."), silence)) == 4800


def test_a_text_is_spoken_but_not_kept() -> None:
    cache, text = LetterCache(), Request("a" * (LONGEST_KEPT + 1))
    assert len(cache.put(text, tone(0)))
    assert cache.get(text) is None


def test_what_was_asked_for_longest_ago_goes_first() -> None:
    size = tone(0).nbytes
    cache = LetterCache(2 * size)
    one, two, three = (Request(name) for name in ("1", "2", "3"))
    cache.put(one, tone(0))
    cache.put(two, tone(0))
    assert cache.get(one) is not None
    cache.put(three, tone(0))
    assert cache.get(two) is None
    assert cache.get(one) is not None and cache.get(three) is not None
