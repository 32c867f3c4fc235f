"""Dates, weekdays and times of Chinese and Japanese text, written in figures and signs."""

import re

from onset.text.cjk.cjk_numerals import HEAD, TAIL, HanNumerals, Pairs
from onset.text.rewrite_rules import Match, alternatives, is_date

MONTH = r"(0?[1-9]|1[0-2])"
DAY = r"(0?[1-9]|[12]\d|3[01])"
TWO = r"(0[1-9]|1[0-2])"
YEAR = r"(1[5-9]\d\d|20\d\d)"
FULL = r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}"
UNTIL = r"\s?[-~〜–—]\s?"
CLOCK = r"([01]?\d|2\d):([0-5]\d)(?::([0-5]\d))?"
NOON = r"([AaPp])\.?[Mm]\.?(?![A-Za-z])"

LARGER_PARTS = (12, 16, 20, 24, 30)
COMMON_PARTS = 10
"""Largest divisor that is usual in fractions of speech: 1/3 is a third, 12/15 a day."""


class DateRules:
    """Figures as days and hours, by the words of one language."""

    def __init__(self, numerals: HanNumerals) -> None:
        self._numerals = numerals
        self._words = numerals.words
        self._japanese = numerals.lang == "ja"

    def year(self, digits: str) -> str:
        """A year as it is said: in Chinese digit by digit."""
        return (self._number if self._japanese else self._numerals.digits)(digits) + "年"

    def _number(self, digits: str) -> str:
        return self._numerals.whole(str(int(digits)))

    def _month(self, digits: str) -> str:
        return f"{self._number(digits)}月"

    def _day(self, month: str, day: str) -> str:
        return f"{self._month(month)}{self._number(day)}日"

    def _days(self, match: Match) -> str:
        """Two days of one year: 12/15-12/20; two fractions stay."""
        first, second = (int(match[1]), int(match[3])), (int(match[5]), int(match[6]))
        fractions = all(above < below <= COMMON_PARTS for above, below in (first, second))
        if fractions and (first >= second or first[1] == second[1]):
            return match[0]
        return (
            f"{self._day(match[1], match[3])}{self._until(match[4])}{self._day(match[5], match[6])}"
        )

    def _until(self, sign: str) -> str:
        return str(self._words["to"]) if sign.strip() in "-~〜–—" else sign

    def _until_day(self, match: Match) -> str:
        """12/24~26: two days of one month."""
        month, first, last = match.groups()
        if int(first) >= int(last):
            return match[0]
        return f"{self._day(month, first)}{self._words['to']}{self._number(last)}日"

    def _reversed(self, match: Match) -> str:
        """08-08-2008: the month first, unless it cannot be one."""
        first, second = int(match[1]), int(match[3])
        month, day = (second, first) if first > 12 else (first, second)
        if not is_date(day, month):
            return match[0]
        return self.year(match[4]) + self._day(str(month), str(day))

    def rules(self) -> Pairs:
        """Dates, most particular first, then weekdays."""
        words, to = self._words, self._words["to"]
        before, after = alternatives(words["date_before"]), words["date_after"]
        weekday = r"\s?\((?:周|星期)?[月火水木金土日祝一二三四五六](?:[\s,・/]*[祝休])?\)"
        years = rf"{HEAD}{YEAR}"
        christ = words["before_christ"]
        return [
            (rf"{HEAD}({FULL}){UNTIL}(?={FULL}{TAIL})", rf"\1{to}"),
            (rf"{HEAD}(\d{{4}})([-/.]){MONTH}\2{DAY}{UNTIL}{MONTH}[-/.]{DAY}{TAIL}",
             lambda m: self.year(m[1]) + self._day(m[3], m[4]) + to + self._day(m[5], m[6])),
            (rf"{HEAD}{MONTH}([-/]){DAY}({UNTIL}|から|至|到){MONTH}\2{DAY}{TAIL}", self._days),
            (rf"{HEAD}{MONTH}/{DAY}\s?[~〜]\s?{DAY}{TAIL}(?![日号])", self._until_day),
            (rf"{HEAD}(\d{{4}})([-/.]){MONTH}\2{DAY}{TAIL}",
             lambda m: self.year(m[1]) + self._day(m[3], m[4])),
            (rf"{HEAD}(\d{{1,2}})([-/.])(\d{{1,2}})\2(\d{{4}}){TAIL}", self._reversed),
            (rf"{HEAD}(\d\d)/{MONTH}/{DAY}{TAIL}",
             lambda m: self.year(m[1]) + self._day(m[2], m[3])),
            (rf"{years}[-/]{MONTH}{TAIL}", lambda m: self.year(m[1]) + self._month(m[2])),
            (rf"{years}\.{TWO}{TAIL}(?!\s?[A-Za-z%°‰万亿億元円度米个倍人])",
             lambda m: self.year(m[1]) + self._month(m[2])),
            (rf"{HEAD}{TWO}[-/.]{YEAR}{TAIL}", lambda m: self.year(m[2]) + self._month(m[1])),
            (rf"{HEAD}(0[1-9])[-/.](0[1-9]|[12]\d|3[01]){TAIL}(?!\s?%)",
             lambda m: self._day(m[1], m[2])),
            (rf"{HEAD}(1[0-2])[-/](0[1-9]){TAIL}", lambda m: self._day(m[1], m[2])),
            (rf"((?:{before})[是は]?\s?){MONTH}/{DAY}{TAIL}",
             lambda m: m[1] + self._day(m[2], m[3])),
            (rf"{HEAD}{MONTH}/{DAY}(?=\s?(?:{after})|{weekday}|\s\d{{1,2}}:\d\d)",
             lambda m: self._day(m[1], m[2])),
            (rf"{HEAD}((?:1[5-9]|20)\d0)s(?![A-Za-z])", lambda m: self.year(m[1]) + "代"),
            (rf"{HEAD}(\d{{1,4}})\s?(?:BCE?|bce?|[Bb]\.[Cc]\.)(?![A-Za-z])",
             lambda m: christ + self.year(m[1])),
            (r"(?<![A-Za-z])(BC|B\.C\.|AD|A\.D\.)\s?(\d{1,4})(?![\d.:])\s?年?",
             lambda m: (christ if m[1][0] == "B" else words["anno_domini"]) + self.year(m[2])),
            *(self._weekdays() if self._japanese else self._chinese_weekdays()),
        ]  # fmt: skip

    def _weekdays(self) -> Pairs:
        """(月) behind a day is Monday, not the moon; 5/3 is a day where no third is likely."""
        to, days = self._words["to"], self._words["weekdays"]

        def name(day: str) -> str:
            return day + ("日" if day in "祝休" else "曜日")

        def listed(match: Match) -> str:
            between = to if match[2].strip() in "-~〜–" and match[2].strip() else ""
            return f"({name(match[1])}{between}{name(match[3])})"

        def likely(match: Match) -> str:
            month, day = int(match[1]), int(match[2])
            when = match.string[match.end() :].startswith(("に", "まで", "から"))
            usual = day <= COMMON_PARTS or (day in LARGER_PARTS and not when)
            return match[0] if month < day and usual else self._day(match[1], match[2])

        return [
            (rf"(?<=日)\s?\(([{days}])(?:[\s,・/]*([祝休])日?)?\)",
             lambda m: name(m[1]) + (name(m[2]) if m[2] else "")),
            (rf"\(([{days}])\)\s?[-~〜–]\s?\(([{days}])\)",
             lambda m: f"({name(m[1])}{to}{name(m[2])})"),
            (rf"\(([{days}])(\s?[-~〜–・,、/]?\s?)([{days}])\)", listed),
            (rf"(?:(?<!\w)|(?<=週))([{days}](?:\s?[ ・、,/]\s?[{days}])+)"
             r"(?=[はがのにをも休定開実営出\s,.)]|$)",
             lambda m: " ".join(map(name, re.findall(f"[{days}]", m[1])))),
            (rf"(?<!\w)([{days}])(\s?[-~〜–]\s?)([{days}])(?!\w)",
             lambda m: f"{name(m[1])}{to}{name(m[3])}"),
            (rf"{HEAD}{MONTH}/{DAY}{TAIL}(?!\s?[A-Za-z])", likely),
        ]  # fmt: skip

    def _chinese_weekdays(self) -> Pairs:
        week = "一二三四五六日天"
        return [
            (rf"(?<=[日号])\s?\(([{week}])\)", r"星期\1"),
            (
                rf"((?:周|星期|礼拜)[{week}]){UNTIL}(?=(?:周|星期|礼拜)?[{week}])",
                rf"\1{self._words['to']}",
            ),
        ]

    def times(self) -> Pairs:
        """Times of the day, also beyond midnight (25:30); half a day by its name."""
        to = self._words["to"]
        noon = rf"(?:(\s?){NOON})?"
        return [
            (rf"{HEAD}(\d\d?:\d\d(?::\d\d)?(?:\s?{NOON})?){UNTIL}(?=\d\d?:\d\d)", rf"\1{to}"),
            (r"(?<![A-Za-z])([AP])\.?M\.?\s?(?=\d{1,2}(?::\d|时|時|点))",
             lambda m: self._half(m[1])),
            (r"(?<![A-Za-z])([ap])m(?=\d{1,2}:\d\d)", lambda m: self._half(m[1])),
            (rf"{HEAD}{CLOCK}{noon}(?:分(?![钟間]))?{TAIL}", self._time),
            (rf"{HEAD}(\d{{1,2}})\s?{NOON}", lambda m: self._half(m[2]) + self._hour(m[1])),
            (r"(?<![\d.,:])0?0(?=[時时])", self._words["no_hour"]),
            (r"(?<=[時时点])00(?=分)", self._words["no_hour"]),
            (rf"(?<![\d.,])0(?=[1-9](?:[月日号時时点秒]{'|分' * self._japanese}))", ""),
        ]  # fmt: skip

    def _half(self, letter: str) -> str:
        return str(self._words["morning" if letter in "Aa" else "afternoon"])

    def _hour(self, digits: str) -> str:
        hour = int(digits)
        if hour == 0:
            number = str(self._words["no_hour"])
        else:
            number = "两" if hour == 2 and not self._japanese else self._number(digits)
        return number + str(self._words["hour"])

    def _time(self, match: Match) -> str:
        hour, minute, second, gap, letter = match.groups()
        clock = self._hour(hour)
        attached = letter and not gap
        if int(minute) or int(second or 0):
            padded = "00" != minute < "10" and not hour.startswith("0", 0, len(hour) - 1)
            padded = padded and not attached
            clock += str(self._words["padding"]) * padded
            clock += self._number(minute) + str(self._words["minute"])
        if second and int(second):
            clock += self._number(second) + str(self._words["second"])
        if not letter:
            return clock
        if not attached or self._japanese:
            return self._half(letter) + clock
        return f"{clock} {letter.upper()} M "  # as it is written; "AM" would be a word
