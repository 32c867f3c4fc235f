"""Notation: numbers, dates, times, money, units and abbreviations, in words of their language.

Whole numbers are left in figures where espeak-ng reads them: Spanish, French, Hindi, Italian and
Portuguese. Chinese and Japanese get numerals. Ignorant of English, of sentences and of phonemes.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial

from num2words import num2words

from onset.text.rewrite_rules import (
    MAIL,
    URL,
    Match,
    Replacement,
    Rules,
    alternatives,
    compiled,
    is_date,
    spoken_address,
)

HEAD = r"(?<![\w.,:/@])"  # not inside a longer word or number
TAIL = r"(?![\w/@])(?![.,:-]\d)"
SCALES = (
    "mil|millones|millón|millions?|milliards?|milioni|milione|miliardi|miliardo|milhões|milhão|"
    "bilhões|bilhão|हज़ार|हजार|लाख|करोड़"
)
LIST_ENDS = ("etc.", "ecc.")
"""Abbreviations that may end a sentence; behind a title a capital letter is a name."""


@dataclass(frozen=True, slots=True)
class LocaleRules:
    """How a language with figures for espeak-ng writes.

    groups: characters between thousands. point: the decimal mark, said. date: day, month, year;
    time: hour, minute; whole: an hour without minutes. one: what makes a unit singular. money, of:
    the words before cents and behind millions. symbols: marks between spaces or before a number.
    address: marks of a web address. first: the first day of a month. ordinal: the sign of those
    espeak-ng cannot read.
    """

    groups: str
    point: str
    months: tuple[str, ...]
    date: str
    time: str
    whole: str
    to: str
    minus: str
    one: tuple[str, str]
    money: str
    of: str
    currencies: Mapping[str, tuple[str, str]]
    units: Mapping[str, str]
    symbols: Mapping[str, str]
    address: Mapping[str, str]
    abbreviations: Mapping[str, str]
    first: str = "1"
    ordinal: str | None = None


def _table(text: str) -> dict[str, str]:
    """`key=value` pairs, one a comma; a tilde is a space within a key."""
    pairs = (pair.strip().split("=") for pair in text.split(","))
    return {key.replace("~", " "): value for key, value in pairs}


def _money(text: str) -> dict[str, tuple[str, str]]:
    """`symbol=one/many` pairs."""
    pairs = ((key, value.split("/")) for key, value in _table(text).items())
    return {key: (one, many) for key, (one, many) in pairs}


SPANISH = LocaleRules(
    groups=".",
    point="coma",
    months=tuple(
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre "
        "diciembre".split()
    ),
    date="{0} de {1} de {2}", time="{0} y {1}", whole="{0}", to="a", minus="menos",
    one=("s", ""), money="con", of="de",
    currencies=_money("€=euro/euros, $=dólar/dólares, US$=dólar/dólares, £=libra/libras, "
                      "¥=yen/yenes, EUR=euro/euros, USD=dólar/dólares, MXN=peso/pesos"),
    units=_table("km=kilómetros, m=metros, cm=centímetros, mm=milímetros, kg=kilos, g=gramos, "
                 "l=litros, ml=mililitros, km/h=kilómetros por hora, min=minutos, h=horas, "
                 "°C=grados, °=grados, %=por ciento, GB=gigas, MB=megas, m²=metros cuadrados"),
    symbols={"&": "y", "+": "más", "=": "igual a", "×": "por"},
    address=_table(".=punto, /=barra, -=guion, _=guion bajo, @=arroba, :=dos puntos"),
    abbreviations=_table(
        "Sr.=señor, Sra.=señora, Srta.=señorita, Sres.=señores, Dr.=doctor, Dra.=doctora, "
        "D.=don, Ud.=usted, Uds.=ustedes, Vd.=usted, etc.=etcétera, p.~ej.=por ejemplo, "
        "EE.~UU.=Estados Unidos, EE.UU.=Estados Unidos, Avda.=avenida, Av.=avenida, "
        "pág.=página, núm.=número, n.º=número, nº=número, aprox.=aproximadamente, tel.=teléfono"
    ),
)  # fmt: skip

FRENCH = LocaleRules(
    groups=" .",
    point="virgule",
    months=tuple(
        "janvier février mars avril mai juin juillet août septembre octobre novembre "
        "décembre".split()
    ),
    date="{0} {1} {2}", time="{0} heures {1}", whole="{0} heures", to="à", minus="moins",
    one=("s", ""), money="", of="de",
    currencies=_money("€=euro/euros, $=dollar/dollars, US$=dollar/dollars, £=livre/livres, "
                      "¥=yen/yens, EUR=euro/euros, USD=dollar/dollars, CHF=franc/francs"),
    units=_table("km=kilomètres, m=mètres, cm=centimètres, mm=millimètres, kg=kilos, g=grammes, "
                 "l=litres, ml=millilitres, km/h=kilomètres par heure, min=minutes, h=heures, "
                 "°C=degrés, °=degrés, %=pour cent, Go=gigas, Mo=mégas, m²=mètres carrés"),
    symbols={"&": "et", "+": "plus", "=": "égale", "×": "fois"},
    address=_table(".=point, /=barre, -=tiret, _=tiret bas, @=arobase, :=deux points"),
    abbreviations=_table(
        "M.=monsieur, MM.=messieurs, Mme=madame, Mmes=mesdames, Mlle=mademoiselle, "
        "Dr=docteur, Me=maître, etc.=et cætera, p.~ex.=par exemple, c.-à-d.=c'est-à-dire, "
        "av.=avenue, bd=boulevard, n°=numéro, nº=numéro, tél.=téléphone, env.=environ"
    ),
    first="1er", ordinal=r"(?:e|ème|ème|nd|nde)",
)  # fmt: skip

ITALIAN = LocaleRules(
    groups=".",
    point="virgola",
    months=tuple(
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre "
        "dicembre".split()
    ),
    date="{0} {1} {2}", time="{0} e {1}", whole="{0}", to="a", minus="meno",
    one=("i", "o"), money="e", of="di",
    currencies=_money("€=euro/euro, $=dollaro/dollari, US$=dollaro/dollari, "
                      "£=sterlina/sterline, ¥=yen/yen, EUR=euro/euro, USD=dollaro/dollari"),
    units=_table("km=chilometri, m=metri, cm=centimetri, mm=millimetri, kg=chili, g=grammi, "
                 "l=litri, ml=millilitri, km/h=chilometri orari, min=minuti, h=ore, "
                 "°C=gradi, %=per cento, GB=giga, MB=mega, m²=metri quadrati"),
    symbols={"&": "e", "+": "più", "=": "uguale a", "×": "per"},
    address=_table(".=punto, /=barra, -=trattino, _=trattino basso, @=chiocciola, :=due punti"),
    abbreviations=_table(
        "Sig.=signor, Sig.ra=signora, Sigg.=signori, Dott.=dottor, Dott.ssa=dottoressa, "
        "Dr.=dottor, Prof.=professor, Avv.=avvocato, Ing.=ingegner, ecc.=eccetera, "
        "p.~es.=per esempio, ad~es.=ad esempio, pag.=pagina, nº=numero, n°=numero, "
        "tel.=telefono, ca.=circa"
    ),
    first="primo", ordinal=r"[°º]",
)  # fmt: skip

PORTUGUESE = LocaleRules(
    groups=".",
    point="vírgula",
    months=tuple(
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro "
        "dezembro".split()
    ),
    date="{0} de {1} de {2}", time="{0} e {1}", whole="{0} horas", to="a", minus="menos",
    one=("s", ""), money="e", of="de",
    currencies=_money("R$=real/reais, €=euro/euros, $=dólar/dólares, US$=dólar/dólares, "
                      "£=libra/libras, ¥=iene/ienes, EUR=euro/euros, USD=dólar/dólares"),
    units=_table("km=quilômetros, m=metros, cm=centímetros, mm=milímetros, kg=quilos, "
                 "g=gramas, l=litros, ml=mililitros, km/h=quilômetros por hora, min=minutos, "
                 "h=horas, °C=graus, °=graus, %=por cento, GB=gigas, MB=megas, "
                 "m²=metros quadrados"),
    symbols={"&": "e", "+": "mais", "=": "igual a", "×": "vezes"},
    address=_table(".=ponto, /=barra, -=hífen, _=sublinhado, @=arroba, :=dois pontos"),
    abbreviations=_table(
        "Sr.=senhor, Sra.=senhora, Srs.=senhores, Srta.=senhorita, Dr.=doutor, Dra.=doutora, "
        "Prof.=professor, Profa.=professora, etc.=etcétera, p.~ex.=por exemplo, "
        "Av.=avenida, pág.=página, nº=número, n.º=número, tel.=telefone, aprox.=aproximadamente"
    ),
)  # fmt: skip

HINDI = LocaleRules(
    groups=",",
    point="दशमलव",
    months=tuple("जनवरी फ़रवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर अक्टूबर नवंबर दिसंबर".split()),
    date="{0} {1} {2}", time="{0} बजकर {1} मिनट", whole="{0} बजे", to="से", minus="माइनस",
    one=("", ""), money="", of="",
    currencies=_money("₹=रुपया/रुपये, Rs=रुपया/रुपये, $=डॉलर/डॉलर, US$=डॉलर/डॉलर, "
                      "€=यूरो/यूरो, £=पाउंड/पाउंड"),
    units=_table("km=किलोमीटर, m=मीटर, cm=सेंटीमीटर, mm=मिलीमीटर, kg=किलो, g=ग्राम, l=लीटर, "
                 "ml=मिलीलीटर, km/h=किलोमीटर प्रति घंटा, °C=डिग्री, °=डिग्री, %=प्रतिशत, "
                 "GB=जीबी, MB=एमबी"),
    symbols={"&": "और", "+": "प्लस", "=": "बराबर", "×": "गुणा"},
    address=_table(".=डॉट, /=स्लैश, -=डैश, _=अंडरस्कोर, @=ऐट, :=कोलन"),
    abbreviations=_table("डॉ.=डॉक्टर, प्रो.=प्रोफ़ेसर, रु.=रुपये, पं.=पंडित, कि.मी.=किलोमीटर, "
                         "कि.ग्रा.=किलोग्राम"),
)  # fmt: skip

EUROPEAN = {"es": SPANISH, "fr": FRENCH, "hi": HINDI, "it": ITALIAN, "pt-br": PORTUGUESE}


def _rules(locale: LocaleRules, lang: str) -> Rules:
    """In this order: a more particular form stands before a more general one."""
    space = locale.groups.replace(".", r"\.")
    size = "2,3" if lang == "hi" else "3"
    amount = rf"\d{{1,3}}(?:[{space}]\d{{{size}}})+(?![\d])(?:[.,]\d+)?|\d+(?:[.,]\d+)?"
    coins, units = alternatives(locale.currencies), alternatives(locale.units)
    short = "|".join(map(_abbreviation, sorted(locale.abbreviations, key=len, reverse=True)))
    rules: list[tuple[str, Replacement]] = [
        (f"{URL}|{MAIL}", partial(spoken_address, names=locale.address)),
        (rf"(?<![\w.])(?:{short})(?!\w)", partial(_expanded, locale)),
        (
            HEAD + r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})" + TAIL,
            lambda m: _date(locale, m[0], m[1], m[3], m[4]),
        ),
        (HEAD + r"(\d{4})-(\d\d)-(\d\d)" + TAIL, lambda m: _date(locale, m[0], m[3], m[2], m[1])),
        (HEAD + r"(\d{1,2})(?::| ?h ?)([0-5]\d)(?: बजे)?" + TAIL, partial(_time, locale)),
        (
            rf"(?<!\w)({coins}) ?({amount})(?: ({SCALES})\b)?" + TAIL,
            lambda m: _money_said(locale, m[1], m[2], m[3]),
        ),
        (HEAD + rf"({amount}) ?({coins})(?!\w)", lambda m: _money_said(locale, m[2], m[1], None)),
        (HEAD + rf"([-−]?)({amount}) ?({units})(?![\w/])", partial(_unit, locale)),
        (HEAD + r"(\d{1,4})[-–](?=\d{1,4}(?![\w-]))", rf"\1 {locale.to} "),
        (r"(?<![\w)])[-−](?=\d)", f"{locale.minus} "),
        (HEAD + rf"({amount})" + TAIL, lambda m: _figure(locale, m[0])),
        (r"(?:(?<=\s)|^)[&+=×](?=\s|\d)", lambda m: f"{locale.symbols[m[0]]} "),
    ]
    if locale.ordinal:
        rules.insert(5, (HEAD + rf"(\d{{1,4}}){locale.ordinal}(?!\w)", partial(_ordinal, lang)))
    return compiled(rules)


def _abbreviation(key: str) -> str:
    """A short one could be a word or an initial: it needs a name or a number behind."""
    return re.escape(key) + (r"(?=\s?[A-ZÀ-Ý\d])" if len(key) < 3 else "")


def _expanded(locale: LocaleRules, match: Match) -> str:
    rest = match.string[match.end() :]
    ends = match[0].endswith(".") and (
        not rest.strip() or (match[0] in LIST_ENDS and re.match(r"\s+[A-ZÀ-Ý¿¡“]", rest))
    )
    return locale.abbreviations[match[0]] + "." * bool(ends)


def _date(locale: LocaleRules, written: str, day: str, month: str, year: str) -> str:
    """Day before month; what is no date stays."""
    if not is_date(int(day), int(month)):
        return written
    number = locale.first if int(day) == 1 else str(int(day))
    return locale.date.format(number, locale.months[int(month) - 1], year)


def _time(locale: LocaleRules, match: Match) -> str:
    if int(match[1]) > 24:
        return match[0]
    hour, minute = str(int(match[1])), int(match[2])
    return locale.time.format(hour, minute) if minute else locale.whole.format(hour)


def _split(locale: LocaleRules, amount: str) -> tuple[str, str]:
    """The whole part without separators, and the digits behind the decimal mark."""
    grouped = re.fullmatch(
        rf"(\d{{1,3}}(?:[{re.escape(locale.groups)}]\d\d\d?)+)(?:[.,](\d+))?", amount
    )
    if grouped and all(len(part) == 3 for part in re.split(r"\D", grouped[1])[-1:]):
        return re.sub(r"\D", "", grouped[1]), grouped[2] or ""
    whole, _, decimals = amount.replace(",", ".").partition(".")
    return whole, decimals


def _figure(locale: LocaleRules, amount: str) -> str:
    whole, decimals = _split(locale, amount)
    if not decimals:
        return whole
    short = len(decimals) < 3 and not decimals.startswith("0")
    return f"{whole} {locale.point} {decimals if short else ' '.join(decimals)}"


def _money_said(locale: LocaleRules, symbol: str, amount: str, scale: str | None) -> str:
    one, many = locale.currencies[symbol]
    if scale:
        return " ".join(f"{_figure(locale, amount)} {scale} {locale.of} {many}".split())
    whole, cents = _split(locale, amount)
    if len(cents) == 2:
        return " ".join(f"{whole} {one if whole == '1' else many} {locale.money} {cents}".split())
    return f"{_figure(locale, amount)} {one if amount == '1' else many}"


def _unit(locale: LocaleRules, match: Match) -> str:
    name = locale.units[match[3]]
    if match[2] == "1" and match[3] != "%":
        first, *rest = name.split(" ")
        name = " ".join([re.sub(f"{locale.one[0]}$", locale.one[1], first), *rest])
    return f"{locale.minus + ' ' if match[1] else ''}{_figure(locale, match[2])} {name}"


def _ordinal(lang: str, match: Match) -> str:
    return str(num2words(int(match[1]), to="ordinal", lang=lang))


@lru_cache(maxsize=len(EUROPEAN))
def rules(lang: str) -> Rules:
    """The rules of one of EUROPEAN, in the order they are read."""
    return _rules(EUROPEAN[lang], lang)
