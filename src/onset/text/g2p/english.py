"""English: phonemes by misaki's lexicon and grammar, and by espeak-ng for the words they lack."""

import json
import re
from collections.abc import Callable, Sequence
from importlib import resources
from typing import NamedTuple

from misaki import data
from misaki.token import MToken

from onset.text.g2p.capitals import in_small_letters
from onset.text.g2p.fallback import FallbackG2P, pronounceable
from onset.text.g2p.homographs import TaggedWord, is_homograph, reading, within
from onset.text.g2p.spacy_tagger import Doc, Tagger, en
from onset.text.g2p.vocabulary import PUNCTUATION, audible
from onset.text.g2p.word_lexicon import WORDS, known

LONGEST_WORD = 40
"""Most characters of a chunk given to misaki, whose search is cubic in the parts of a chunk."""

PLAIN = re.compile(rf"(?!.*[0-9]{{10}})[!-#%-~À-įı-ňŊ-ſ“”—–…]{{1,{LONGEST_WORD}}}")
"""Chunks that misaki reads; others (scripts, long words and numbers) it loses or trips over, and a
currency sign that is left would be added to the next number."""


INITIAL = re.compile("[B-HJ-Z]")
"""A letter by itself, other than the article and the pronoun."""

WORD = re.compile("[A-Za-z][a-z]+")
READ_BY_TAG = frozenset(("am", "an", "by", "in", "used", "vs"))
"""Words that misaki reads by their tag although their entry has one reading, or none."""

MARKS = {".": ".", "!": ".", "?": ".", ",": ","}
"""Marks and their tags, which they have in any sentence."""


class _Entries(dict[str, object]):
    """A word's entry, also for a word that is written with a capital and has its entry without,
    or the other way round.

    As misaki's `grow_dictionary`, which makes a second entry for each of 180,000 words: a tenth of
    a second of every start.
    """

    def __missing__(self, word: str) -> object:
        return super().__getitem__(self._other(word))

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and (
            super().__contains__(word) or super().__contains__(self._other(word))
        )

    def get(self, word: str, default: object = None) -> object:
        return self[word] if word in self else default

    @staticmethod
    def _other(word: str) -> str:
        """The word with its other first letter; itself where there is none."""
        small, capital = word.lower(), word.capitalize()
        other = capital if word == small else small if word == capital else word
        return other if len(other) > 1 else word


class _Lexicon(en.Lexicon):  # type: ignore[misc]  # misaki is untyped
    """misaki's lexicon, read without the deprecated call and without checking 180,000 entries."""

    def __init__(self, british: bool) -> None:
        region = "gb" if british else "us"
        self.british = british
        self.cap_stresses = (0.5, 2)
        self.golds = self._read(f"{region}_gold.json")
        self.silvers = self._read(f"{region}_silver.json")

    @staticmethod
    def _read(name: str) -> _Entries:
        return _Entries(json.loads(resources.files(data).joinpath(name).read_bytes()))


class _Misaki(en.G2P):  # type: ignore[misc]  # misaki is untyped
    """misaki's English with the tagger given to it: its own constructor would download one."""

    def __init__(self, nlp: Tagger, british: bool, spell: Callable[[str], str]) -> None:
        self.version = None
        self.british = british
        self._tagger = nlp
        self.lexicon = _Lexicon(british)
        self.unk = ""
        self.fallback = lambda token: (spell(token.text), 2)

    def nlp(self, text: str) -> Doc:
        """The text with tags, which stays here: misaki joins what stands without spaces.

        Where no word needs a tag only marks have one: the tagger takes most of the time of a short
        text (docs/log/2026-11-30-words-without-tags.md).
        """
        self.doc = self._tagger.make_doc(text)
        if not all(token.text in MARKS or self._untagged(token.text) for token in self.doc):
            self.doc = self._tagger(self.doc)
            return self.doc
        for token in self.doc:
            token.tag_ = MARKS.get(token.text, "")
        return self.doc

    def _untagged(self, word: str) -> bool:
        """Whether a word sounds the same whatever part of speech it is."""
        if not WORD.fullmatch(word) or word.lower() in READ_BY_TAG or is_homograph(word):
            return False
        return isinstance(self.lexicon.golds.get(word, self.lexicon.silvers.get(word)), str)

    def alone(self, text: str, tag: str) -> str:
        """The phonemes of a word as if nothing stood beside it."""
        token = MToken(
            text, tag, "", _=MToken.Underscore(is_head=True, num_flags="", prespace=False)
        )
        return self.lexicon(token, en.TokenContext())[0] or ""


class _Chunk(NamedTuple):
    """What misaki reads as one, and which words of the sentence it is of."""

    token: MToken
    begin: int
    end: int


class EnglishG2P(FallbackG2P):
    """Phonemes of American or British English."""

    def __init__(self, nlp: Tagger, british: bool) -> None:
        super().__init__(british)
        self._misaki = _Misaki(nlp, british, self.phonemize)

    def tagged(self, text: str) -> list[TaggedWord]:
        """The words of a text of plain characters with the tags that are needed to read it, and
        phonemes as misaki has them.

        The parts of a compound ("five-minute") are words; of these only homographs have phonemes.
        """
        return self._parsed(text)[0]

    def _parsed(self, text: str) -> tuple[list[TaggedWord], list[_Chunk]]:
        """The words of a text, and the chunks they are read in."""
        tokens = self._misaki(text, preprocess=False)[1]
        words, chunks, parts = list[TaggedWord](), list[_Chunk](), iter(self._misaki.doc)
        for token in tokens:
            begin, left = len(words), len(token.text)
            while left > 0 and (part := next(parts, None)) is not None:
                left -= len(part.text)
                whole = part.text == token.text
                sound = token.phonemes if whole else self._part(part.text, part.tag_)
                words.append(TaggedWord(part.text, part.tag_, sound or ""))
            chunks.append(_Chunk(token, begin, len(words)))
        return words, chunks

    def _part(self, text: str, tag: str) -> str:
        return self._misaki.alone(text, tag) if is_homograph(text) else ""

    def variants(self, word: str) -> object:
        """What misaki's lexicon has for `word`: phonemes, or phonemes by part of speech."""
        lexicon = self._misaki.lexicon
        return lexicon.golds.get(word) or lexicon.silvers.get(word)

    def _chunk(self, words: Sequence[TaggedWord], chunk: _Chunk) -> str:
        """The phonemes of what is read as one, a word or several, in its sentence."""
        text, phonemes = chunk.token.text, str(chunk.token.phonemes or "")
        if text == "A" and self._letter(words, chunk.begin):
            return "ˈA"
        for at in range(chunk.begin, chunk.end):
            sound = reading(words, at, self._misaki.british)
            if sound and chunk.end - chunk.begin == 1:
                phonemes = sound
            elif sound:
                phonemes = within(phonemes, words[at].phonemes, sound, at + 1 == chunk.end)
        if pronounceable(text) and not audible(phonemes):  # it took a word for a mark
            return self.phonemize(text)
        return phonemes

    @staticmethod
    def _letter(words: Sequence[TaggedWord], at: int) -> bool:
        """Whether "A" is a letter among letters, or all there is, and so no article."""
        beside = (*words[max(0, at - 1) : at], *words[at + 1 : at + 2])
        alone = not any(any(map(str.isalnum, word.text)) for word in beside)
        return alone or any(INITIAL.fullmatch(word.text) for word in beside)

    def _is_word(self, word: str) -> bool:
        """Whether misaki's lexicon has the word as it is written."""
        return word in self._misaki.lexicon.golds or word in self._misaki.lexicon.silvers

    def _is_acronym(self, word: str) -> bool:
        """Whether a word in capitals is known as it is."""
        return word in WORDS or word in self._misaki.lexicon.golds

    def _known(self, chunk: str) -> str | None:
        """The phonemes of a chunk whose word is in our own lexicon."""
        return known(chunk, self._misaki.british, self._misaki.lexicon._s)

    def _sentence(self, chunks: Sequence[str]) -> Sequence[str]:
        plain = [PLAIN.fullmatch(chunk) is not None for chunk in chunks]
        written, chunks = chunks, in_small_letters(chunks, self._is_word, self._is_acronym)
        line = " ".join(chunk if p else "it" for chunk, p in zip(chunks, plain, strict=True))
        groups: list[str] = [""]
        words, spoken = self._parsed(line)
        for chunk in spoken:
            groups[-1] += self._chunk(words, chunk)
            if chunk.token.whitespace:
                groups.append("")
        if len(groups) != len(chunks):  # misaki lost a space: read the chunks one by one
            return super()._sentence(written)
        sounds = [
            self._checked(chunk, (self._known(chunk) or group) if p else "")
            for chunk, group, p in zip(written, groups, plain, strict=True)
        ]
        if sounds[-1:] and chunks[-1].endswith(".") and sounds[-1][-1:] not in PUNCTUATION:
            sounds[-1] += "."  # the full stop of an abbreviation also ends the sentence
        return sounds
