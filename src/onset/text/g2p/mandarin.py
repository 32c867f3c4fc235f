"""Chinese: jieba's words, pypinyin's syllables, misaki's phonemes.

The notation is that of misaki's ZHG2P for Kokoro-82M 1.0: words with a space between, the tone
behind the vowel. Knows nothing of numbers, sentences or the model.
"""

import re
from collections.abc import Iterator, Sequence
from functools import partial

from onset.text.g2p.fallback import EspeakEnglish, FallbackReader, spaced
from onset.text.g2p.vocabulary import audible, known

HAN = re.compile("[々〇\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")

TONES = (("˧˩˧", "↓"), ("˧˥", "↗"), ("˥˩", "↘"), ("˥", "→"))
"""misaki's tones as Kokoro's: third, second, fourth, first; the neutral tone has no mark."""

APICAL = str.maketrans({"ɻ": "ɨ", "ɹ": "ɨ"})
"""The vowel of zhi and zi, which misaki writes as a syllabic consonant."""

DIGITS = "零一二三四五六七八九"


class MandarinReader:
    """The reader of Mandarin."""

    def __init__(self) -> None:
        from pypinyin import Style, lazy_pinyin  # noqa: PLC0415  its dictionary takes 0.1 s
        from rjieba import Jieba  # noqa: PLC0415  as long

        self._jieba = Jieba()
        self._pinyin = partial(lazy_pinyin, style=Style.TONE3, neutral_tone_with_five=True)
        self._english = EspeakEnglish(british=False)
        self._speller = FallbackReader(self._english, self._latin)

    def read(self, chunks: Sequence[str]) -> list[list[tuple[str, str]]]:
        """The words of each chunk (text without spaces) with their phonemes."""
        return [spaced(self._words(chunk)) for chunk in chunks]

    def _words(self, chunk: str) -> Iterator[tuple[str, str]]:
        end = 0
        for match in HAN.finditer(chunk):
            yield from self._speller.words(chunk[end : match.start()])
            for word in self._jieba.cut(match[0]):
                yield word, self._say(word)
            end = match.end()
        yield from self._speller.words(chunk[end:])

    def _say(self, word: str) -> str:
        """A word of Han characters."""
        said = "".join(map(self._syllable, self._pinyin(word)))
        return said if audible(said) else self._speller.spell(word)

    def _syllable(self, pinyin: str) -> str:
        """A syllable, or characters that have none."""
        return syllable_phonemes(pinyin) if pinyin.isascii() else self._speller.spell(pinyin)

    def _latin(self, text: str) -> str:
        """Latin letters in English, digits one by one."""
        digits = text.replace(" ", "")
        if digits.isdecimal():
            return " ".join(self._say(DIGITS[int(digit)]) for digit in digits)
        return self._english(text)


def syllable_phonemes(pinyin: str) -> str:
    """One syllable with its tone as a digit ("zhong1") in Kokoro's phonemes."""
    from misaki.transcription import pinyin_to_ipa  # noqa: PLC0415  it imports pypinyin

    try:
        sound = "".join(pinyin_to_ipa(pinyin)[0])
    except ValueError:  # not a syllable of Mandarin: some interjections
        return ""
    sound = re.sub("[ɻɹ]\u0329", lambda m: m[0][0].translate(APICAL), sound)
    for ipa, tone in TONES:
        sound = sound.replace(ipa, tone)
    return known(sound)
