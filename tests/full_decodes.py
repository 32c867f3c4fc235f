"""Segments decoded whole, shared by the tests of both decoders."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from onset.model.backend import AdainStatistics, Prosody
from onset.model.kokoro import KokoroBackend
from onset.model.voice_styles import VoiceStyles
from onset.text.g2p.vocabulary import encode
from onset.types import Floats, Halt

TEXTS = {
    "yes": "jˈɛs.",
    "question": "wˈʌt tˈIm ɪz ɪt?",
    "sentence": "ðə kwˈɪk bɹˈWn fˈɑks ʤˈʌmps ˈOvəɹ ðə lˈAzi dˈɔɡ, ænd ðˈɛn ɪt ɹˈʌnz əwˈA.",
}
"""Phonemes by name."""

ENOUGH_DB = 80.0
"""What is equal but for rounding."""


def decibels(signal: Floats, error: Floats) -> float:
    """Signal to noise ratio of what should be equal."""
    return float(10 * np.log10(np.sum(signal**2.0) / (np.sum(error**2.0) + 1e-30)))


@dataclass(frozen=True, slots=True)
class FullDecode:
    """A segment, all its samples and its true statistics."""

    prosody: Prosody
    samples: Floats
    statistics: AdainStatistics


@cache
def decoded(backend: KokoroBackend, text: str, voice: str) -> FullDecode:
    """The full decode of one of TEXTS in a voice, made once."""
    tokens = encode(TEXTS[text])
    style = VoiceStyles().style(voice, len(tokens))
    prosody = backend.trunk(backend.front(tokens, style, 1.0, Halt()), Halt())
    return FullDecode(prosody, *backend.generator.decode(prosody, Halt()))
