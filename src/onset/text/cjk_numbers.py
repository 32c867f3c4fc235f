"""Numbers, dates, times, money and units of Chinese and Japanese text, in their own characters.

How they sound is decided later: a number before a counter, for one, by `g2p.japanese`.
"""

from collections.abc import Callable

from num2words import num2words

from onset.text.rewrite_rules import Match, Rules, alternatives, compiled

LONGEST = 16
"""Most digits of a number that is said as one; a longer one is read digit by digit."""

DIGITS = "零一二三四五六七八九"
KANA = ("ゼロ", "イチ", "ニー", "サン", "ヨン", "ゴー", "ロク", "ナナ", "ハチ", "キュー")
AMOUNT = r"(\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.(\d+))?"
HEAD = r"(?<![\d.,:/A-Za-z-])"
TAIL = r"(?![\d:/])"


def _digit_by_digit(digits: str) -> str:
    return "".join(DIGITS[int(digit)] for digit in digits)


def _chinese(digits: str) -> str:
    """A whole number in Chinese; leading zeros are said."""
    if len(digits) > LONGEST or (len(digits) > 1 and digits[0] == "0"):
        return _digit_by_digit(digits)
    import cn2an  # type: ignore[import-untyped]  # noqa: PLC0415  takes half a second

    return str(cn2an.an2cn(digits, "low"))


def _japanese(digits: str) -> str:
    """A whole number in Japanese; leading zeros are said."""
    if len(digits) > LONGEST or digits[0] == "0":
        return _kana(digits)
    return str(num2words(int(digits), lang="ja"))


def _kana(digits: str) -> str:
    """Each digit in kana, which unlike characters are never read together."""
    return "".join(KANA[int(digit)] for digit in digits)


def _decimal(number: Callable[[str], str], point: str, whole: str, decimals: str | None) -> str:
    each = _kana if number is _japanese else _digit_by_digit
    integer = number(whole.replace(",", ""))
    return integer if not decimals else f"{integer}{point}{each(decimals)}"


def _units(text: str) -> dict[str, str]:
    return dict(pair.split("=") for pair in text.split())


CHINESE_MONEY = _units("¥=元 ￥=元 $=美元 US$=美元 €=欧元 £=英镑 HK$=港元 RMB=元")
CHINESE_UNITS = _units(
    "km/h=公里每小时 km=公里 m=米 cm=厘米 mm=毫米 kg=公斤 g=克 l=升 L=升 ml=毫升 °C=摄氏度 °=度 "
    "GB=吉字节 MB=兆字节 m²=平方米"
)
JAPANESE_MONEY = _units("¥=円 ￥=円 $=ドル US$=ドル €=ユーロ £=ポンド")
JAPANESE_UNITS = _units(
    "km/h=キロ km=キロメートル m=メートル cm=センチ mm=ミリ kg=キログラム g=グラム l=リットル "
    "L=リットル ml=ミリリットル °C=度 °=度 %=パーセント GB=ギガバイト MB=メガバイト m²=平方メートル"
)
COUNTED_TWO = "个位台只本张天件条次家名种块杯瓶斤米岁把间套双辆匹层句封座棵颗"
"""Measure words before which two is 两."""


def _rules(
    number: Callable[[str], str],
    point: str,
    minus: str,
    to: str,
    clock: tuple[str, str],
    money: dict[str, str],
    units: dict[str, str],
) -> Rules:
    """What both languages write alike: date, time, money, unit, range, number; in this order."""

    def amount(whole: str, decimals: str | None) -> str:
        return _decimal(number, point, whole, decimals)

    def date(year: str, month: str, day: str) -> str:
        return f"{year}年{number(str(int(month)))}月{number(str(int(day)))}日"

    def time(match: Match) -> str:
        hour, minute = str(int(match[1])), str(int(match[2]))
        later = f"{number(minute)}{clock[1]}" if minute != "0" else ""
        return f"{number(hour)}{clock[0]}{later}"

    coins, names = alternatives(money), alternatives(units)
    return compiled([
        (HEAD + r"(\d{4})([-/.])(0?[1-9]|1[0-2])\2(0?[1-9]|[12]\d|3[01])" + TAIL,
         lambda m: date(m[1], m[3], m[4])),
        (HEAD + r"([01]?\d|2[0-4]):\s?([0-5]\d)" + TAIL, time),
        (rf"({coins})\s?" + AMOUNT, lambda m: amount(m[2], m[3]) + money[m[1]]),
        (AMOUNT + rf"\s?({coins})(?!\w)", lambda m: amount(m[1], m[2]) + money[m[3]]),
        (AMOUNT + rf"\s?({names})(?![A-Za-z/])", lambda m: amount(m[1], m[2]) + units[m[3]]),
        (r"(?<=\d)(?:[~〜～–—]|-(?!\d+-))(?=\d)", to),
        (r"(?<![\w)])[-−](?=\d)", minus),
    ])  # fmt: skip


CHINESE: Rules = [
    *compiled([
        (r"(?<!\d)(\d{4})\s?年", lambda m: _digit_by_digit(m[1]) + "年"),
        (AMOUNT + r"%", lambda m: "百分之" + _decimal(_chinese, "点", m[1], m[2])),
    ]),
    *_rules(_chinese, "点", "负", "到", ("点", "分"), CHINESE_MONEY, CHINESE_UNITS),
    *compiled([
        (r"(?<!\d)(\d{4})年", lambda m: _digit_by_digit(m[1]) + "年"),
        (HEAD + r"(\d{1,4})/(\d{1,4})" + TAIL, lambda m: f"{_chinese(m[2])}分之{_chinese(m[1])}"),
        (rf"(?<![\d.,])2(?=[{COUNTED_TWO}])", "两"),
        (r"(?<!\d)1\d{10}(?!\d)", lambda m: _digit_by_digit(m[0])),  # a mobile telephone
        (AMOUNT, lambda m: _decimal(_chinese, "点", m[1], m[2])),
    ]),
]  # fmt: skip

JAPANESE: Rules = [
    *compiled([  # a telephone
        (r"(?<![\d-])0\d{1,4}(?:-\d{1,4}){1,2}(?![\d-])",
         lambda m: "の".join(map(_kana, m[0].split("-")))),
    ]),
    *_rules(_japanese, "点", "マイナス", "から", ("時", "分"), JAPANESE_MONEY, JAPANESE_UNITS),
    *compiled([
        (HEAD + r"(\d{1,4})/(\d{1,4})" + TAIL, lambda m: f"{_japanese(m[2])}分の{_japanese(m[1])}"),
        (AMOUNT, lambda m: _decimal(_japanese, "点", m[1], m[2])),
        (r"(?<=[\u3041-\u30ff])[~〜～]+", "ー"),
    ]),
]  # fmt: skip

RULES = {"ja": JAPANESE, "zh": CHINESE}
"""By language, in the order they are read."""
