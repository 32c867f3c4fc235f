"""espeak-ng: the reader of Spanish, French, Hindi, Italian and Portuguese, in misaki's notation.

Knows nothing of sentences, of how numbers are written, or of the model.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

from misaki.espeak import EspeakG2P

from onset.text.g2p.fallback import EspeakEnglish, FallbackReader, script, speakable
from onset.text.g2p.vocabulary import audible, known, marks

VOICES = {"es": "es", "fr": "fr-fr", "hi": "hi", "it": "it", "pt-br": "pt-br"}
"""Language to the espeak-ng voice that hexgrad/kokoro (pipeline.py) reads it with."""

LONGEST_WORD = 60
"""Characters of a chunk that is read in its sentence; a longer one is spelled run by run."""

OWN = {"hi": frozenset({"DEVANAGARI", "LATIN", "DIGIT"})}
"""Scripts that a voice reads within its sentences, if other than Latin and digits."""


class EspeakReader:
    """The reader of one of VOICES."""

    def __init__(self, lang: str) -> None:
        self._espeak = EspeakG2P(VOICES[lang])
        self._scripts = OWN.get(lang, frozenset({"LATIN", "DIGIT"})) | {"", None}
        self._speller = FallbackReader(EspeakEnglish(british=False), self._say)

    def read(self, chunks: Sequence[str]) -> list[list[tuple[str, str]]]:
        """Each chunk (text without spaces) with its phonemes, read as one sentence."""
        said: list[str] = []
        for own, group in groupby(chunks, self._reads):
            stretch = list(group)
            said += self._stretch(stretch) if own else map(self._speller.spell, stretch)
        return [[pair] for pair in zip(chunks, said, strict=True)]

    def _reads(self, chunk: str) -> bool:
        """Whether espeak can be given `chunk` within a sentence."""
        return len(chunk) <= LONGEST_WORD and self._scripts.issuperset(map(script, chunk))

    def _say(self, text: str) -> str:
        return known(self._espeak(text)[0])

    def _stretch(self, chunks: list[str]) -> Iterator[str]:
        """The phonemes of each chunk, as they sound in their sentence.

        espeak says some numbers and abbreviations in several words; then the stretch is read by
        halves, down to the chunk that is the cause.
        """
        said = self._say(" ".join(chunks)).split()
        if len(chunks) == 1 or len(said) == len(chunks):
            groups = said if len(chunks) > 1 else [" ".join(said)]
            yield from (self._checked(*pair) for pair in zip(chunks, groups, strict=True))
        else:
            middle = len(chunks) // 2
            yield from self._stretch(chunks[:middle])
            yield from self._stretch(chunks[middle:])

    def _checked(self, chunk: str, phonemes: str) -> str:
        """What espeak said, if it can be right."""
        if not speakable(chunk):
            return marks(phonemes)
        return phonemes if audible(phonemes) else self._speller.spell(chunk)
