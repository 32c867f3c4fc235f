"""Two forms of a reading in the other languages: for "exact", and for "acceptable"."""

import re
import unicodedata

from num2words import num2words

HINDI = (
    "शून्य एक दो तीन चार पाँच छह सात आठ नौ "
    "दस ग्यारह बारह तेरह चौदह पंद्रह सोलह सत्रह अठारह उन्नीस "
    "बीस इक्कीस बाईस तेईस चौबीस पच्चीस छब्बीस सत्ताईस अट्ठाईस उनतीस "
    "तीस इकतीस बत्तीस तैंतीस चौंतीस पैंतीस छत्तीस सैंतीस अड़तीस उनतालीस "
    "चालीस इकतालीस बयालीस तैंतालीस चौवालीस पैंतालीस छियालीस सैंतालीस अड़तालीस उनचास "
    "पचास इक्यावन बावन तिरेपन चौवन पचपन छप्पन सत्तावन अट्ठावन उनसठ "
    "साठ इकसठ बासठ तिरेसठ चौंसठ पैंसठ छियासठ सड़सठ अड़सठ उनहत्तर "
    "सत्तर इकहत्तर बहत्तर तिहत्तर चौहत्तर पचहत्तर छिहत्तर सतहत्तर अठहत्तर उनासी "
    "अस्सी इक्यासी बयासी तिरासी चौरासी पचासी छियासी सतासी अठासी नवासी "
    "नब्बे इक्यानबे बानबे तिरानबे चौरानबे पंचानबे छियानबे सत्तानबे अट्ठानबे निन्यानबे"
).split()
HINDI_SCALES = [
    (10**11, "खरब"), (10**9, "अरब"), (10**7, "करोड़"), (10**5, "लाख"), (1000, "हज़ार"), (100, "सौ"),
]  # fmt: skip
MARKS = re.compile(r"[^\w\s\u0900-\u097f]+|_")

DROPPED = {"fr": {"et"}, "pt-br": {"e"}, "es": {"y"}}
"""Words within numbers that may be left out."""

SPELLINGS = {
    "fr": {"vingts": "vingt", "cents": "cent", "uns": "un"},
    "pt-br": {"quatorze": "catorze", "dezasseis": "dezesseis", "dezassete": "dezessete",
              "dezanove": "dezenove"},
}  # fmt: skip
HINDI_SPELLINGS = [("\u093c", ""), ("ँ", "ं"), ("छः", "छह"), ("छ ", "छह "), ("रुपए", "रुपये"),
                   ("रूपए", "रुपये"), ("निन्यानवे", "निन्यानबे")]  # fmt: skip

LICENCES: dict[str, dict[str, str]] = {
    "es": {"una": "un", "uno": "un", "veintiuna": "veintiun", "veintiuno": "veintiun",
           "veintiún": "veintiun", "primero": "un", "primer": "un", "horas": "", "hora": "",
           "kilogramos": "kilos", "kilogramo": "kilo", "con": "", "centavos": "", "céntimos": "",
           "céntimo": "", "centavo": "", "celsius": "", "centígrados": "", "guión": "guion",
           "de": "", "del": ""},
    "fr": {"une": "un", "kilogrammes": "kilos", "kilogramme": "kilo", "celsius": "",
           "centimes": "", "premier": "un", "l'heure": "heure"},
    "pt-br": {"uma": "um", "duas": "dois", "quilogramas": "quilos", "quilograma": "quilo",
              "centavos": "", "centavo": "", "celsius": "", "primeiro": "um", "horas": "",
              "hora": "", "de": ""},
}  # fmt: skip
"""Words that tell a listener the same; read in this order."""

PARTS: dict[str, list[tuple[str, str]]] = {
    "it": [("chilogrammi", "chili"), ("chilogrammo", "chilo"), ("centesimi", ""), ("celsius", ""),
           ("minuti", ""), ("minuto", ""), ("primo", "uno")],
    "zh": [("两", "二"), ("幺", "一"), ("〇", "零"), ("千克", "公斤")],
    "ja": [("〇", "零"), ("ゼロ", "零"), ("一千", "千"), ("イチ", "一"),
           ("ニー", "二"), ("サン", "三"), ("ヨン", "四"), ("ゴー", "五"), ("ロク", "六"),
           ("ナナ", "七"), ("ハチ", "八"), ("キュー", "九")],
    "hi": [("किलोग्राम", "किलो"), ("सेल्सियस", ""), ("एक सौ", "सौ"), ("हाइफन", "")],
}  # fmt: skip
"""The same where words are not apart."""


def _hindi(number: int) -> str:
    parts: list[str] = []
    for size, name in HINDI_SCALES:
        if number >= size:
            parts += [_hindi(number // size), name]
            number %= size
    return " ".join(parts + ([HINDI[number]] if number or not parts else []))


def _said(digits: str, lang: str) -> str:
    """A whole number in words, as espeak-ng says figures; an identifier digit by digit."""
    if len(digits) > 1 and (digits[0] == "0" or len(digits) > 15):
        return " ".join(_said(digit, lang) for digit in digits)
    if lang == "hi":
        return _hindi(int(digits))
    return str(num2words(int(digits), lang={"pt-br": "pt_BR"}.get(lang, lang)))


def exact_other(text: str, lang: str) -> str:
    """The words in small letters, without marks, figures as words."""
    form = "NFC" if lang == "hi" else "NFKC"
    text = unicodedata.normalize(form, text.lower())  # type: ignore[arg-type]
    text = re.sub(r"\[([^\]]+)\]\(/[^)]*/\)", r"\1", text).replace("’", "'")
    if lang not in ("ja", "zh"):
        text = re.sub(r"\d+", lambda m: f" {_said(str(int_digits(m[0])), lang)} ", text)
    spellings = SPELLINGS.get(lang, {})
    words = [w for w in MARKS.sub(" ", text).split() if w not in DROPPED.get(lang, ())]
    words = [spellings.get(word, word) for word in words]
    if lang == "it":  # numbers are one word or several
        bare = unicodedata.normalize("NFD", "".join(words))
        return bare.replace("\u0301", "").replace("\u0300", "")
    text = ("" if lang in ("ja", "zh") else " ").join(words)
    if lang == "hi":
        for spelling, same in HINDI_SPELLINGS:
            text = text.replace(spelling, same)
    return text


def int_digits(digits: str) -> str:
    """Digits of any script as ASCII."""
    return "".join(str(unicodedata.digit(digit)) for digit in digits)


def loose_other(text: str, lang: str) -> str:
    """What a listener is told, without spaces."""
    told = exact_other(text, lang)
    for word, same in LICENCES.get(lang, {}).items():
        told = re.sub(rf"(?<!\S){word}(?!\S)", same, told)
    for part, same in PARTS.get(lang, []):
        told = told.replace(part, same)
    if lang == "es":
        told = re.sub(r"cientas\b", "cientos", told)
    if lang == "it":
        return re.sub(r"uno(?=o)|e", "", re.sub("un(?=[^oa])", "uno", told))
    return re.sub(r"\s+", "", told)
