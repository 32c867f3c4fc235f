"""Mandarin: words by jieba, syllables by pypinyin, phonemes by misaki.

The notation is that of misaki's ZHG2P for Kokoro-82M 1.0: words with a space between, the tone
behind the vowel.
"""

import re
from collections.abc import Iterator
from functools import partial

from onset.text.g2p.fallback import UnspacedG2P
from onset.text.g2p.vocabulary import audible, to_vocabulary
from onset.text.word_tables import table

TONES = (("˧˩˧", "↓"), ("˧˥", "↗"), ("˥˩", "↘"), ("˥", "→"))
"""misaki's tones as Kokoro's: third, second, fourth, first; the neutral tone has no mark."""


class MandarinG2P(UnspacedG2P):
    """Phonemes of Mandarin."""

    letters = re.compile("[々〇\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")

    def __init__(self) -> None:
        from pypinyin import Style, lazy_pinyin  # noqa: PLC0415  its dictionary takes 0.1 s
        from rjieba import Jieba  # noqa: PLC0415  as long

        super().__init__()
        self._jieba = Jieba()
        self._pinyin = partial(lazy_pinyin, style=Style.TONE3, neutral_tone_with_five=True)

    def _words(self, run: str) -> Iterator[tuple[str, str]]:
        return ((word, self._word(word)) for word in self._jieba.cut(run))

    def _word(self, word: str) -> str:
        """The phonemes of a word of Han characters; some have no syllable."""
        phonemes = "".join(
            syllable_phonemes(pinyin) if pinyin.isascii() else self.phonemize(pinyin)
            for pinyin in self._pinyin(word)
        )
        return phonemes if audible(phonemes) else self.phonemize(word)

    def _digit(self, digit: int) -> str:
        return self._word(table("chinese")["digits"][digit])


def syllable_phonemes(pinyin: str) -> str:
    """One syllable with its tone as a digit ("zhong1") in Kokoro's phonemes."""
    from misaki.transcription import pinyin_to_ipa  # noqa: PLC0415  it imports pypinyin

    try:
        sound = "".join(pinyin_to_ipa(pinyin)[0])
    except ValueError:  # not a syllable of Mandarin: some interjections
        return ""
    sound = re.sub("[ɻɹ]\u0329", "ɨ", sound)  # the vowel of zhi and zi: a syllabic consonant
    for ipa, tone in TONES:
        sound = sound.replace(ipa, tone)
    return to_vocabulary(sound)
