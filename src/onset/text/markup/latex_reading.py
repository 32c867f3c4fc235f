"""Formulas in LaTeX, with the signs and words that normalization reads."""

import re
from collections.abc import Iterator

from onset.text.markup.spoken_words import formula_words
from onset.text.word_tables import table

DEEPEST = 20
"""Groups within each other; what is deeper is read flat."""

TOKEN = re.compile(r"\\(?:[A-Za-z]+\*?|.)|[{}^_&~$]|[A-Za-z]|\d+(?:[.,]\d+)?|\s+|.", re.DOTALL)
SIGNS: dict[str, str] = table("markup")["latex"]

LARGE = {"sum": "sum", "prod": "product", "int": "integral", "lim": "limit"}
"""Operators with something below and above."""

FRACTIONS = frozenset({"frac", "dfrac", "tfrac", "cfrac", "binom"})
SILENT = frozenset(
    "left right big Big bigg Bigg displaystyle textstyle limits nolimits quad qquad label tag "
    "nonumber hline centering mathrm mathbf mathit mathbb mathcal mathsf text textbf textit "
    "operatorname boldsymbol bf rm it vec hat bar tilde overline underline".split()
)
"""Commands that only change the look; their groups are read."""

NAMED = frozenset({"begin", "end"})
"""Commands whose group is a name that nobody reads."""

FORMULA = re.compile(
    r"(?s)\$\$(?P<a>[^$]{1,2000})\$\$|\\\[(?P<b>.{1,2000}?)\\\]|\\\((?P<c>.{1,1000}?)\\\)"
    r"|(?<![A-Za-z\d_$\\])\$(?P<d>(?=[^$\n]*[\\^_{=<>+]|[A-Za-z]\$)[^$\s](?:[^$\n]{0,300}[^$\s\\])?)"
    r"\$(?![A-Za-z\d_$])"
    r"|(?P<e>\\(?:[dt]?frac|binom|sqrt)(?:\[[^\[\]]{1,20}\])?(?:\{[^{}]{0,100}\}){1,2})"
)
"""Between $ only what has a sign of a formula, or one letter: "$5 and $6" is money."""

APART = re.compile(r"(?<=\d)(?=[A-Za-z])")
JOINED = re.compile(r" ([²³)\]])|([(\[]) ")
FACTOR = re.compile(r"(?<=\d )x\b|\bx(?= \d)")
"""A variable x beside a number, which would be a sign of multiplication."""

SIGNED = frozenset(
    "= + - * / < > ( [ { ^ _ & , \\\\ \\le \\leq \\ge \\geq \\ne \\neq \\times \\cdot".split()
)
"""Behind one of these a minus before a number is its sign, not a subtraction."""

POWERS = {"2": "²", "3": "³"}


def spoken_formula(formula: str, lang: str) -> str:
    """A formula, without its dollar signs, as normalization reads it."""
    said = " ".join(APART.sub(" ", _FormulaReader(formula, lang).read()).split())
    said = JOINED.sub(lambda m: m[1] or m[2], said)
    return FACTOR.sub(formula_words(lang)["x"], said)


def spoken_formulas(text: str, lang: str) -> str:
    """A text with its formulas as normalization reads them."""
    if "$" not in text and "\\" not in text:
        return text
    return FORMULA.sub(lambda m: f" {spoken_formula(next(filter(None, m.groups())), lang)} ", text)


class _FormulaReader:
    """Reads tokens from the front; groups by recursion, DEEPEST at most."""

    def __init__(self, formula: str, lang: str) -> None:
        self._tokens: list[str] = TOKEN.findall(formula)[::-1]
        self._words = formula_words(lang)
        self._before = "="

    def read(self) -> str:
        """The whole formula."""
        return "".join(self._pieces(0, None))

    def _pieces(self, depth: int, close: str | None) -> Iterator[str]:
        """What is said until `close`, or the end."""
        while self._tokens:
            token = self._tokens.pop()
            if token == close:
                return
            yield self._piece(token, depth)

    def _piece(self, token: str, depth: int) -> str:
        before = self._before
        if not token.isspace():
            self._before = token
        if token == "-" and before in SIGNED and self._tokens and self._tokens[-1][0].isdecimal():
            return " -"
        if token[0] == "\\" and len(token) > 1:
            return self._command(token[1:], depth)
        if token == "{":
            return self._group(depth)
        if token == "^":
            exponent = self._argument(depth)
            if exponent in POWERS:
                return POWERS[exponent] + " "
            return self._words["power"].format(exponent) + " "
        if token == "_":
            return f" {self._argument(depth)} "
        if token == "&":
            return " "
        if token in "}$~":
            return " "
        if token in "=+-<>/*":
            return f" {self._words['minus'] if token == '-' else token} "
        return token

    def _command(self, name: str, depth: int) -> str:
        name = name.removesuffix("*")
        if name in FRACTIONS:
            above, below = self._argument(depth), self._argument(depth)
            return f" {self._words['fraction'].format(above, below)} "
        if name == "sqrt":
            return self._root(depth)
        if name in LARGE:
            return self._large(self._words[LARGE[name]], depth)
        if name in NAMED:
            self._argument(depth)
            return " "
        if name == "\\":
            return ", "
        if name in SIGNS:
            return f" {SIGNS[name]} "
        if name in SILENT or not name.isalpha():
            return name if name in "%$&#_" else " " if name not in "{}" else name
        return f" {name} "  # sin, log, max: said by their names

    def _root(self, depth: int) -> str:
        self._skip_space()
        degree = None
        if self._tokens and self._tokens[-1] == "[":
            self._tokens.pop()
            degree = "".join(self._pieces(depth + 1, "]")).strip()
        of = self._argument(depth)
        if degree is None:
            return f" {self._words['square_root'].format(of)} "
        return f" {self._words['root'].format(degree, of)} "

    def _large(self, word: str, depth: int) -> str:
        """A sum or the like, with its bounds."""
        bounds = {"_": "", "^": ""}
        while True:
            self._skip_space()
            if not self._tokens or self._tokens[-1] not in bounds:
                break
            side = self._tokens.pop()
            bounds[side] = self._argument(depth)
        if bounds["^"]:
            return f" {self._words['range'].format(word, bounds['_'], bounds['^'])} "
        if bounds["_"]:
            return f" {self._words['below'].format(word, bounds['_'])} "
        return f" {word} "

    def _group(self, depth: int) -> str:
        if depth >= DEEPEST:
            return " "
        return "".join(self._pieces(depth + 1, "}"))

    def _argument(self, depth: int) -> str:
        """A group, or one token."""
        self._skip_space()
        if not self._tokens:
            return ""
        token = self._tokens.pop()
        if depth >= DEEPEST:
            return token
        return self._piece(token, depth + 1).strip()

    def _skip_space(self) -> None:
        while self._tokens and self._tokens[-1].isspace():
            self._tokens.pop()
