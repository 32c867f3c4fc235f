"""The 54 voices of Kokoro-82M: names, mixes, and the style vector for a text length.

A voice is 510 style rows of 256 numbers, one row per phoneme count. All voices together span about
a dozen curves over the phoneme count, so `data/voices.npz` holds those curves once, and each voice
as a mixture of them. `scripts/fitting/build_voices.py` makes the file and prints the errors.
"""

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, TypeAlias

import numpy as np

from onset.errors import AssetError, InvalidRequest
from onset.model.npz_file import read_npz
from onset.types import MAX_PHONEMES, Floats

STYLE = 256
"""Numbers in a style row (Kokoro-82M, config.json: twice `style_dim`)."""

DECODER_STYLE = 128
"""The first half of a style row is the decoder's (hexgrad/kokoro model.py, `ref_s[:, :128]`)."""

MAX_SPEC = 1000
"""Characters of the longest voice specification: some 50 voices; it also bounds `parse`'s cache."""

MAX_WEIGHT = 1000.0
"""Largest weight in a mix: beyond it the other voices are inaudible, and sums stay finite."""

Mix: TypeAlias = tuple[tuple[str, float], ...]
"""Voice names with their shares, which are positive and sum to 1."""

DATA = resources.files("onset") / "data"
ASSET = DATA / "voices.npz"


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice. language: lower-case BCP 47. grade: the model author's own, None if not graded."""

    name: str
    language: str
    language_name: str
    gender: str
    grade: str | None


_TABLES: dict[str, dict[str, Any]] = tomllib.loads((DATA / "voices.toml").read_text("utf-8"))


def _voice(name: str, grade: str) -> Voice:
    language, gender = _TABLES["languages"][name[0]], _TABLES["genders"][name[1]]
    return Voice(name, language["code"], language["name"], gender, grade or None)


VOICES: Mapping[str, Voice] = {n: _voice(n, grade) for n, grade in _TABLES["grades"].items()}
"""Every voice by name, in alphabetical order."""

ALIASES: Mapping[str, str] = _TABLES["aliases"]
"""OpenAI's 13 voices, each as one of ours."""

_WEIGHT = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*\)", re.ASCII)
_REINSTALL = "Install Onset again: pip install --force-reinstall onset-tts"


@lru_cache(maxsize=1024)
def parse(spec: str) -> Mix:
    """The voices of a specification: "af_heart", or a mix as in "af_heart(2)+am_michael(1)".

    A voice without a weight has weight 1; ALIASES are taken too. Raises InvalidRequest for an
    unknown voice, listing the voices with the closest first, and for a mix not of this form.
    """
    if len(spec) > MAX_SPEC:
        raise InvalidRequest(f"A voice has at most {MAX_SPEC} characters.", "voice")
    weights: dict[str, float] = {}
    for term in spec.split("+"):
        name, weight = _term(term, spec)
        if name in weights:
            raise InvalidRequest(f"Voice {name!r} appears twice in {spec!r}.", "voice")
        weights[name] = weight
    total = sum(weights.values())
    return tuple((name, weight / total) for name, weight in weights.items())


def language(spec: str) -> str:
    """The language code of a voice; of a mix, that of its largest share, the first if equal."""
    name, _ = max(parse(spec), key=lambda part: part[1])
    return VOICES[name].language


class VoiceStyles:
    """The style rows of all voices. Reads its 0.9 MB file at the first use; thread-safe."""

    def __init__(self, asset: Traversable = ASSET) -> None:
        self._asset = asset

    def style(self, spec: str, phonemes: int) -> Floats:
        """The style of a voice or mix for a reading of `phonemes` phonemes: float32 [1, 256].

        It equals row `phonemes - 1` of the voice's pack within 6e-5. Raises InvalidRequest as
        `parse` does or if `phonemes` is not in 1..510, AssetError if the file is damaged.
        """
        mix = parse(spec)
        if not 1 <= phonemes <= MAX_PHONEMES:
            raise InvalidRequest(f"A reading has 1 to {MAX_PHONEMES} phonemes, not {phonemes}.")
        curves, voices = self._tables
        row = np.zeros(STYLE, np.float32)
        for name, share in mix:
            row += np.float32(share) * (curves[phonemes - 1] @ voices[name])
        return row[np.newaxis]

    @cached_property
    def _tables(self) -> tuple[Floats, dict[str, Floats]]:
        """The curves, float32 [510, R], and each voice's mixture of them, float32 [R, 256]."""
        try:
            data = read_npz(self._asset)
            names, curves, mixtures = data["names"].tolist(), data["curves"], data["mixtures"]
        except (OSError, ValueError, KeyError) as exc:
            raise AssetError(
                f"Cannot read the voices from {self._asset}: {exc}. {_REINSTALL}"
            ) from exc
        shapes = (MAX_PHONEMES, curves.shape[-1]), (len(VOICES), curves.shape[-1], STYLE)
        if names != list(VOICES) or (curves.shape, mixtures.shape) != shapes:
            raise AssetError(f"{self._asset} does not hold the {len(VOICES)} voices. {_REINSTALL}")
        return curves, dict(zip(names, mixtures, strict=True))


def _term(term: str, spec: str) -> tuple[str, float]:
    """The voice and the weight of one term of a mix."""
    name, bracket, rest = (part.strip() for part in term.partition("("))
    name = ALIASES.get(name.lower(), name.lower())
    if name not in VOICES:
        close = difflib.get_close_matches(name, VOICES, n=5, cutoff=0.5)
        choices = ", ".join([*close, *(voice for voice in VOICES if voice not in close)])
        mix = "" if re.fullmatch(r"\w*", name) else " A mix is written af_heart(2)+am_michael(1)."
        raise InvalidRequest(f"Unknown voice {name!r}.{mix} Choices: {choices}.", "voice")
    if not bracket:
        return name, 1.0
    matched = _WEIGHT.fullmatch(rest)
    if matched is None or not 0 < float(matched[1]) <= MAX_WEIGHT:
        raise InvalidRequest(
            f"The weight of {name} in {spec!r} is a number above 0 and at most {MAX_WEIGHT:g}. "
            "A mix is written af_heart(2)+am_michael(1).",
            "voice",
        )
    return name, float(matched[1])
