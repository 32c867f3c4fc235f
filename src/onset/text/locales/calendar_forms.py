"""Dates and times of a language, in the orders and with the marks that people use."""

from onset.text.locales.locale_table import LocaleTable, forms
from onset.text.locales.numerals import END, HEAD, TAIL
from onset.text.rewrite_rules import Match, Replacement, is_date

ZONES = "utc|gmt|cet|cest|est|edt|cst|cdt|mst|mdt|pst|pdt|brt|art|clt|pyt|ist|bst|wet|west"
CLOCK = r"(\d{1,2})(?::|\s?[hH]\s?)([0-5]\d)(?::([0-5]\d))?(?!\d)(?!\s?min)"
DOTTED = r"(\d{1,2})\.([0-5]\d)"

WORDS = frozenset("mar set sep sept may mai ago out dom gen".split())
"""Short names of months that are words too: they are months only with a full stop or a year."""


class CalendarForms:
    """How one language says dates and times."""

    def __init__(self, words: LocaleTable) -> None:
        self.words = words
        self.short: dict[str, int] = {}
        for number, names in enumerate(words.short_months):
            self.short |= dict.fromkeys(names.split("|"), number)
        self.short.pop("", None)

    def rules(self) -> list[tuple[str, Replacement]]:
        """Dates in figures, then with a name of a month, then times."""
        words = self.words
        months, short = "|".join(words.months), "|".join(sorted(self.short, key=len, reverse=True))
        plain = "|".join(name for name in self.short if name not in WORDS) or "(?!)"
        rules: list[tuple[str, Replacement]] = [
            (r"(?<!\w)(\d{4}-\d\d-\d\d)T(\d\d:\d\d(?::\d\d)?)(?:\.\d+)?(Z?)(?![\w.])",
             lambda m: f"{m[1]}, {m[2][:5] + m[2][5:].removeprefix(':00')}{' UTC' * bool(m[3])}"),
            (HEAD + r"(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d\d)" + TAIL, self._day_first),
            (HEAD + r"(\d{4})([./-])(\d{1,2})\2(\d{1,2})" + TAIL,
             lambda m: self.date(m[0], m[4], m[3], m[1])),
            (HEAD + r"(0[1-9]|[12]\d|3[01])([/-])(0[1-9]|1[0-2])" + TAIL, self._leading_zero),
        ]  # fmt: skip
        if words.dates:
            days = "|".join({*words.weekdays.values()})
            rules.append((rf"(?i)(\b(?:{words.dates}|{days}),? )(\d{{1,2}})/(\d{{1,2}}){TAIL}",
                          lambda m: m[1] + self.date(m[2] + "/" + m[3], m[2], m[3])))  # fmt: skip
        if short and words.weekdays:
            days = "|".join(sorted(words.weekdays, key=len, reverse=True))
            rules.append(
                (
                    rf"(?i)(?<![\w.])({days})\.?(,?) (\d{{1,2}})(?: de)? ({short})\b\.?"
                    rf"(?:,? (?:de )?(\d{{4}}))?{END}",
                    lambda m: f"{self._weekday(m[1])}{m[2]} {self._named(m[3], m[4], m[5])}",
                )
            )
        if short:
            rules += [
                (HEAD + rf"(\d{{1,2}})(?:º|er)?[ /-](?:de )?(?i:({short}))(?:\.?[ /-](?:de )?"
                 rf"(\d{{4}}|\d\d(?!\w))|\.){END}",
                 lambda m: self._named(m[1], m[2], m[3])),
                (HEAD + rf"(\d{{1,2}}) (?:de )?({plain}){END}(?!\.)",
                 lambda m: self._named(m[1], m[2], None)),
                (rf"(?i)(?<!\w)({short})\. ?(\d{{4}}|\d{{1,2}}){TAIL}(?!\s?[¢%°€£$])",
             self._month_first),
            ]  # fmt: skip
        if words.weekdays:
            days = "|".join(sorted(words.weekdays, key=len, reverse=True))
            rules += [
                (rf"(?i)(?<![\w.])({days})\.?\s?[-–—]\s?({days})\b\.?",
                 lambda m: f"{self._weekday(m[1])} {words.to} {self._weekday(m[2])}"),
                (rf"(?i)(?<![\w.])({days})\.? (al?|à|au) (?!\1)({days})\b\.?",
                 lambda m: f"{self._weekday(m[1])} {m[2]} {self._weekday(m[3])}"),
                (rf"(?i)(?<![\w.])({days})"
                 rf"(?:\.(,?)(?=\s\d)|(,)(?=\s\d{{1,2}} (?:de )?(?:{months})\b))",
                 lambda m: self._weekday(m[1]) + (m[2] or m[3] or "")),
            ]  # fmt: skip
        if words.first != "1":
            rules.append((HEAD + rf"1(?= (?:de )?(?:{months}){END})", words.first))
        if words.century:
            rules += self._centuries(months)
        return rules + self._time_rules()

    def _time_rules(self) -> list[tuple[str, Replacement]]:
        half = r"(?:\s?([aApP])\.?\s?[mM](?![\w])\.?)"
        hour = r"(?:\s?(?:hs?|hrs)\b\.?|\s?(?:horas|ore|heures)\b|\s?बजे)?"
        zone = rf"(?=\s?(?i:{ZONES})\b)"
        rules: list[tuple[str, Replacement]] = [
            (
                HEAD + r"(\d{1,2}[:hH][0-5]\d|\d{1,2}\s?h)\s?[-–—]\s?(?=\d{1,2}\s?[:hH])",
                rf"\1 {self.words.to} ",
            ),
            (HEAD + rf"{DOTTED}\s?[-–—]\s?{DOTTED}(?:\s?h\b\.?)?" + TAIL, self._dotted_range),
            (HEAD + CLOCK + half, lambda m: self._half_day(m, m[1], m[2], m[3], m[4])),
            (HEAD + DOTTED + half, lambda m: self._half_day(m, m[1], m[2], None, m[3])),
            (HEAD + r"(\d{1,2})" + half, lambda m: self._half_day(m, m[1], "0", None, m[2])),
            (
                rf"(?i)(?<!\w)((?:{self.words.clock or '(?!)'}) )"
                + DOTTED
                + r"(?:\s?h\b\.?)?"
                + TAIL,
                lambda m: m[1] + self.time(m[0][len(m[1]) :], m[2], m[3]),
            ),
            (HEAD + CLOCK + hour + TAIL, lambda m: self.time(m[0], m[1], m[2], m[3])),
            (HEAD + DOTTED + r"(?:\s?h\b|" + zone + ")", lambda m: self.time(m[0], m[1], m[2])),
            (r"(?i)\b(utc|gmt)\s?([+−-])\s?(\d{1,2})(?::([0-5]\d))?(?![\w:])", self._zone),
        ]
        return rules

    def date(self, written: str, day: str, month: str, year: str = "") -> str:
        """Day before month, unless only the other order is a date; what is none stays."""
        if is_date(int(month), int(day)) and int(month) > 12:
            day, month = month, day
        if not is_date(int(day), int(month)):
            return written
        return self._named(day, month, year)

    def _named(self, day: str, month: str, year: str | None) -> str:
        """month: its number, or the beginning of its name."""
        index = int(month) - 1 if month.isdecimal() else self.short[month.lower()]
        number = self.words.first if int(day) == 1 else str(int(day))
        said = self.words.day.format(number, self.words.months[index])
        if year and len(year) == 2:
            year = ("20" if int(year) < 70 else "19") + year
        return said + (self.words.year.format(self.said_year(year)) if year else "")

    def _day_first(self, match: Match) -> str:
        if len(match[4]) == 2 and match[2] == ".":  # an amount, a version
            return match[0]
        return self.date(match[0], match[1], match[3], match[4])

    def _leading_zero(self, match: Match) -> str:
        """05/12 and 12-05 are dates: no fraction and no range has a zero before it."""
        if "0" not in (match[1][0], match[3][0]):
            return match[0]
        return self.date(match[0], match[1], match[3])

    def _month_first(self, match: Match) -> str:
        month = self.words.months[self.short[match[1].lower()]]
        if len(match[2]) == 4:
            return month + self.words.year.format(self.said_year(match[2]))
        return self.words.day.format(match[2], month) if 0 < int(match[2]) < 32 else match[0]

    def _weekday(self, written: str) -> str:
        return self.words.weekdays[written.lower()]

    def said_year(self, year: str) -> str:
        """Where a language says years by the hundred, 1971 is "19 hundred 71"."""
        if self.words.century and 1100 <= int(year) < 2000:
            return f"{year[:2]} {self.words.century} {int(year[2:]) or ''}".strip()
        return year

    def _centuries(self, months: str) -> list[tuple[str, Replacement]]:
        """Years behind a month or a word for a year, and before the words that follow years."""
        before, behind = self.words.year_words.split("/")
        year = r"(1[1-9]\d\d)"
        return [
            (HEAD + rf"{year}\s?[-–]\s?{year}{TAIL}",
             lambda m: f"{self.said_year(m[1])} {self.words.to} {self.said_year(m[2])}"),
            (rf"(?<!\w)((?:{before}|{months}),? ){year}{TAIL}",
             lambda m: m[1] + self.said_year(m[2])),
            (HEAD + rf"{year}(?= (?:{behind}){END})", lambda m: self.said_year(m[1])),
        ]  # fmt: skip

    def _hour(self, hour: int) -> str:
        return self.words.hours.get(str(hour), str(hour))

    def time(self, written: str, hour: str, minute: str, second: str | None = None) -> str:
        """A time of day, with no zeros before it; what is none stays."""
        if int(hour) > 24:
            return written
        name, words, several = self._hour(int(hour)), self.words, int(hour) != 1
        if second:
            return forms(words.seconds)[several].format(name, int(minute), int(second))
        template = words.time if int(minute) else words.whole
        return forms(template)[several].format(name, int(minute))

    def _half_day(self, match: Match, hour: str, minute: str, second: str | None, half: str) -> str:
        """A time of twelve hours, with the part of the day that it lies in."""
        if not 0 < int(hour) < 13:
            return match[0]
        exact = int(hour) % 12 + 12 * (half in "pP")
        said = self.time(match[0], hour, minute, second)
        if minute in self.words.minutes and not second:
            template = forms(self.words.time)[int(hour) != 1]
            said = template.format(self._hour(int(hour)), self.words.minutes[minute])
        for part in self.words.day_parts:
            start, name = part.split(" ", 1)
            if exact >= int(start):
                said_part = name
        end = "." * (match[0].endswith(".") and not match.string[match.end() :].strip())
        if not self.words.day_parts:
            said_part = f"{half.upper()}.M"
        template = said_part if "{0}" in said_part else "{0} " + said_part
        return template.format(said) + end

    def _dotted_range(self, match: Match) -> str:
        """9.00-14.00, where a dot is no decimal mark."""
        if "." not in self.words.groups or max(int(match[1]), int(match[3])) > 24:
            return match[0]
        until = self.time("", match[3], match[4])
        return f"{self.time('', match[1], match[2])} {self.words.to} {until}"

    def _zone(self, match: Match) -> str:
        sign = self.words.plus if match[2] == "+" else self.words.minus
        minutes = f" {int(match[4])}" if match[4] and int(match[4]) else ""
        return f"{match[1]} {sign} {int(match[3])}{minutes}"
