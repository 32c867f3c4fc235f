"""Spanish, French, Hindi, Italian and Portuguese: phonemes by espeak-ng, in misaki's notation."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from misaki import espeak

from onset.text.g2p.fallback import FallbackG2P, script
from onset.text.g2p.vocabulary import to_vocabulary

VOICES = {"es": "es", "fr": "fr-fr", "hi": "hi", "it": "it", "pt-br": "pt-br"}
"""Language to the espeak-ng voice that hexgrad/kokoro (pipeline.py) reads it with."""

LONGEST_WORD = 60
"""Most characters of a chunk that is read in its sentence; a longer one goes to the fallback."""


class EspeakG2P(FallbackG2P):
    """Phonemes of one of the languages of VOICES."""

    def __init__(self, lang: str) -> None:
        super().__init__()
        self._espeak = espeak.EspeakG2P(VOICES[lang])
        own = ["DEVANAGARI"] if lang == "hi" else []
        self._scripts = {"LATIN", "DIGIT", "", None, *own}

    def _sentence(self, chunks: Sequence[str]) -> Sequence[str]:
        phonemes: list[str] = []
        for readable, group in groupby(chunks, self._readable):
            stretch = list(group)
            phonemes += self._stretch(stretch) if readable else map(self.phonemize, stretch)
        return phonemes

    def _readable(self, chunk: str) -> bool:
        """Whether espeak can be given `chunk` within a sentence."""
        return len(chunk) <= LONGEST_WORD and self._scripts.issuperset(map(script, chunk))

    def _latin(self, text: str) -> str:
        return to_vocabulary(self._espeak(text)[0])

    def _stretch(self, chunks: list[str]) -> Iterator[str]:
        """The phonemes of each chunk, as they sound in their sentence.

        espeak says some numbers and abbreviations in several words; then the stretch is halved
        until the chunk that is the cause stands alone.
        """
        words = self._latin(" ".join(chunks)).split()
        if len(chunks) == 1:
            yield self._checked(chunks[0], " ".join(words))
        elif len(words) == len(chunks):
            yield from map(self._checked, chunks, words)
        else:
            middle = len(chunks) // 2
            yield from self._stretch(chunks[:middle])
            yield from self._stretch(chunks[middle:])
