"""Japanese: words and readings by MeCab, phonemes by misaki.

The notation is that of misaki's JAG2P for Kokoro-82M 1.0 (Cutlet). How a number sounds before a
counter, which the dictionary does not know, is here.
"""

import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from types import ModuleType

from onset.text.g2p.fallback import UnspacedG2P
from onset.text.g2p.vocabulary import audible, to_vocabulary
from onset.text.word_tables import table

LONGEST_GROUP = 8
"""Most dictionary words that are looked up as one written word."""

SMALL = str.maketrans("ㇰㇱㇲㇳㇴㇵㇶㇷㇸㇹㇺㇻㇼㇽㇾㇿ", "クシストヌハヒフヘホムラリルレロ")
WORDS = table("japanese")
ENDINGS: dict[str, str] = WORDS["endings"]
COUNTERS: dict[str, dict[str, str]] = WORDS["counters"]
READINGS: dict[str, str] = WORDS["readings"]
NUMERALS = frozenset("〇一二三四五六七八九十百千万億兆")
AMOUNTS = frozenset({"零", "ゼロ", "ルート"})
"""What stands for a number besides NUMERALS."""

FRACTION = -1
"""Kind of a node that is a part in a fraction, while numbers are read."""

NAMES = "本匹杯個冊着頭"
"""Counters that also end names, as 三本 (Mimoto)."""


@dataclass(frozen=True, slots=True)
class Node:
    """A word of the dictionary, or several. reading: in hiragana, "" if not known."""

    text: str
    reading: str
    kind: int


@cache
def misaki_cutlet() -> ModuleType:
    """misaki's Japanese, imported when first needed: it takes a second, and is an extra."""
    with warnings.catch_warnings():  # it opens a resource in the old way
        warnings.simplefilter("ignore", DeprecationWarning)
        from misaki import cutlet  # noqa: PLC0415  see above

    module: ModuleType = cutlet
    return module


class JapaneseG2P(UnspacedG2P):
    """Phonemes of Japanese."""

    letters = re.compile(
        "[々〆ヽヾゝゞ\u3041-\u309f\u30a1-\u30fa\u30fc\u31f0-\u31ff"
        "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+"
    )

    def __init__(self) -> None:
        from jaconv import kata2hira  # noqa: PLC0415  an extra

        super().__init__()
        self._hiragana = kata2hira
        self._misaki = misaki_cutlet()
        self._cutlet = self._misaki.Cutlet()

    def convert(self, chunks: Sequence[str]) -> list[list[tuple[str, str]]]:
        return [_joined(words) for words in super().convert(chunks)]

    def _words(self, run: str) -> list[tuple[str, str]]:
        nodes = self._nodes(run)
        if "".join(node.text for node in nodes) != run:
            return [(run, self.phonemize(run))]
        return [(node.text, self._phonemes(node)) for node in self._grouped(nodes)]

    def _nodes(self, run: str) -> list[Node]:
        nodes = []
        for word in self._cutlet.tagger(run):
            kana = word.feature.pron or word.feature.kana or word.surface.translate(SMALL)
            kind = 6 if word.char_type == 7 or not word.is_unk else word.char_type
            nodes.append(Node(word.surface, self._hiragana(kana), kind))
        return counted(nodes)

    def _grouped(self, nodes: Sequence[Node]) -> Iterator[Node]:
        """The nodes, those joined that misaki's list of words has as one."""
        start = 0
        while start < len(nodes):
            for size in range(min(LONGEST_GROUP, len(nodes) - start), 0, -1):
                group = nodes[start : start + size]
                text = "".join(node.text for node in group)
                alike = len({node.kind for node in group}) == 1
                if alike and text in self._misaki.JA_WORDS:
                    break
            yield Node(text, "".join(node.reading for node in group), group[0].kind)
            start += size

    def _phonemes(self, node: Node) -> str:
        """The phonemes of a node, by script if its kana cannot be read."""
        word = self._misaki.Word(node.text, node.reading, node.kind)
        try:
            phonemes = to_vocabulary(self._cutlet._romaji_word(word))
        except KeyError:  # small kana where none can stand
            phonemes = ""
        return phonemes if audible(phonemes) else self.phonemize(node.text)

    def _digit(self, digit: int) -> str:
        kana = WORDS["spoken_digits"][digit]
        return self._phonemes(Node(kana, kana, 6))


def _joined(words: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """No space at a doubled consonant: it takes up both sides, as in `kaʔta`."""
    sounds = [sound for _, sound in words] + [""]
    return [
        (text, sound.rstrip() if sound.endswith("ʔ ") or following.startswith("ʔ") else sound)
        for (text, sound), following in zip(words, sounds[1:], strict=True)
    ]


def counted(nodes: Sequence[Node]) -> list[Node]:
    """The nodes with numbers and counters read as they sound together."""
    readings: list[Node] = []
    nodes = _known([part for node in nodes for part in _apart(node)])
    index = 0
    while index < len(nodes):
        rest = nodes[index:]
        size = next((i for i, node in enumerate(rest) if not _numeral(node)), len(rest))
        if size and size < len(rest):
            after = _divisor(rest[size], rest[size + 1 :])
            readings += _read(rest[:size], after, readings[-1:])
        else:
            readings += rest[:size] or [_minutes(rest[0], readings[-1:])]
        index += size + (size < len(rest))
    return readings


def _apart(node: Node) -> list[Node]:
    """A digit and a counter as two nodes where the dictionary takes them for a family name."""
    digit, counter = node.text[:-1], node.text[-1:]
    if digit in ENDINGS and counter in NAMES:
        reading = COUNTERS[counter]["reading"]
        return [Node(digit, ENDINGS[digit], 6), Node(counter, reading, 6)]
    return [node]


def _known(nodes: Sequence[Node]) -> list[Node]:
    """The nodes with readings that the dictionary chooses wrongly by itself."""
    known = []
    for index, node in enumerate(nodes):
        before, after = nodes[max(0, index - 1) : index], nodes[index + 1 : index + 2]
        reading = READINGS.get(node.text, node.reading)
        if node.text == "日" and before and before[0].text.endswith("曜"):
            reading = "び"
        elif node.text == "対" and before and after and _amount(before[0]) and _amount(after[0]):
            reading = "たい"
        elif node.text == "小" and after and after[0].text == "なり":
            reading = "しょー"
        elif node.text in COUNTERS and before and before[0].text == "何":
            reading = COUNTERS[node.text].get("三", COUNTERS[node.text]["reading"])
        known.append(node if reading == node.reading else replace(node, reading=reading))
    return known


def _numeral(node: Node) -> bool:
    return NUMERALS.issuperset(node.text)


def _amount(node: Node) -> bool:
    return _numeral(node) or node.text in AMOUNTS


def _divisor(node: Node, following: Sequence[Node]) -> Node:
    """分 in a fraction is a part, not a minute."""
    words = [following_node.text for following_node in following[:1]]
    if node.text == "分" and words == ["の"] and len(following) > 1 and _amount(following[1]):
        return Node("分", "ぶん", FRACTION)
    return node


def _read(number: Sequence[Node], after: Node, before: Sequence[Node]) -> list[Node]:
    """A number and what it counts, behind `before`."""
    text = "".join(node.text for node in number)
    if after.text == "日":
        first = text == "一" and any(node.text == "月" for node in before)
        day = "ついたち" if first else WORDS["days"].get(text)
        last = _changed(number[-1], text[-1], WORDS["before"]["day"])
        later = [*number[:-1], last, replace(after, reading="にち")]
        return [Node(text + "日", day, 6)] if day else later
    counter, digit, last = COUNTERS.get(after.text), text[-1], number[-1]
    if after.kind == FRACTION:
        return [*number, replace(after, kind=6)]
    if counter is None or digit not in ENDINGS:
        return [*number, _minutes(after, number[-1:])]
    last = _changed(last, digit, WORDS["before"][counter["digits"]])
    reading = counter.get(digit, counter["reading"])
    return [*number[:-1], last, replace(after, reading=reading, kind=6)]


def _changed(node: Node, digit: str, changed: dict[str, str]) -> Node:
    """A node that ends with `digit` as it sounds before a counter with such a row."""
    ending = ENDINGS.get(digit, "")
    if node.text == digit:  # the dictionary may know an old reading: 三羽 as みわ
        return replace(node, reading=changed.get(digit, ending or node.reading))
    if digit in changed and node.reading.endswith(ending):
        return replace(node, reading=node.reading.removesuffix(ending) + changed[digit])
    return node


def _minutes(node: Node, before: Sequence[Node]) -> Node:
    """十分 is "enough" by itself, but ten minutes behind an hour or a number."""
    if node.text == "十分" and before and (before[-1].text == "時" or _numeral(before[-1])):
        return replace(node, reading="じゅっぷん")
    return node
