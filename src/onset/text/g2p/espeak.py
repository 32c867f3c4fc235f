"""Spanish, French, Hindi, Italian and Portuguese: phonemes by espeak-ng, in misaki's notation."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from misaki import espeak

from onset.text.g2p.fallback import EspeakEnglish, FallbackG2P, pronounceable, script
from onset.text.g2p.vocabulary import audible, punctuation, to_vocabulary

VOICES = {"es": "es", "fr": "fr-fr", "hi": "hi", "it": "it", "pt-br": "pt-br"}
"""Language to the espeak-ng voice that hexgrad/kokoro (pipeline.py) reads it with."""

LONGEST_WORD = 60
"""Most characters of a chunk that is read in its sentence; a longer one goes to the fallback."""

OWN = {"hi": frozenset({"DEVANAGARI", "LATIN", "DIGIT"})}
"""Scripts that a voice reads within its sentences, if other than Latin and digits."""


class EspeakG2P:
    """Phonemes of one of the languages of VOICES."""

    def __init__(self, lang: str) -> None:
        self._espeak = espeak.EspeakG2P(VOICES[lang])
        self._scripts = OWN.get(lang, frozenset({"LATIN", "DIGIT"})) | {"", None}
        self._fallback = FallbackG2P(EspeakEnglish(british=False), self._phonemize)

    def convert(self, chunks: Sequence[str]) -> list[list[tuple[str, str]]]:
        """Each chunk (text without spaces) with its phonemes, read as one sentence."""
        phonemes: list[str] = []
        for readable, group in groupby(chunks, self._readable):
            stretch = list(group)
            phonemes += (
                self._stretch(stretch) if readable else map(self._fallback.phonemize, stretch)
            )
        return [[pair] for pair in zip(chunks, phonemes, strict=True)]

    def _readable(self, chunk: str) -> bool:
        """Whether espeak can be given `chunk` within a sentence."""
        return len(chunk) <= LONGEST_WORD and self._scripts.issuperset(map(script, chunk))

    def _phonemize(self, text: str) -> str:
        return to_vocabulary(self._espeak(text)[0])

    def _stretch(self, chunks: list[str]) -> Iterator[str]:
        """The phonemes of each chunk, as they sound in their sentence.

        espeak says some numbers and abbreviations in several words; then the stretch is halved
        until the chunk that is the cause stands alone.
        """
        words = self._phonemize(" ".join(chunks)).split()
        if len(chunks) == 1 or len(words) == len(chunks):
            groups = words if len(chunks) > 1 else [" ".join(words)]
            yield from (self._checked(*pair) for pair in zip(chunks, groups, strict=True))
        else:
            middle = len(chunks) // 2
            yield from self._stretch(chunks[:middle])
            yield from self._stretch(chunks[middle:])

    def _checked(self, chunk: str, phonemes: str) -> str:
        """espeak's phonemes if they can be right, else the fallback's."""
        if not pronounceable(chunk):
            return punctuation(phonemes)
        return phonemes if audible(phonemes) else self._fallback.phonemize(chunk)
