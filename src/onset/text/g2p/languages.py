"""The languages of Kokoro's voices, by their codes. Loads no G2P: who only asks needs none."""

from functools import lru_cache
from importlib.util import find_spec

from onset.errors import InvalidRequest

LANGUAGES = ("en-gb", "en-us", "es", "fr", "hi", "it", "ja", "pt-br", "zh")

ALIASES = {
    "en": "en-us", "es-es": "es", "fr-fr": "fr", "hi-in": "hi", "it-it": "it", "ja-jp": "ja",
    "pt": "pt-br", "cmn": "zh", "zh-cn": "zh", "zh-hans": "zh",
    "eng": "en-us", "spa": "es", "fra": "fr", "hin": "hi", "ita": "it", "jpn": "ja",
    "por": "pt-br", "zho": "zh",
}  # fmt: skip
"""Other codes for a language of LANGUAGES. A region whose accent we lack is refused."""

NEEDED = ("fugashi", "jaconv", "mojimoji", "unidic_lite")
"""Packages of the extra `ja`: 50 MB to download, 250 MB on the disk, nearly all a dictionary."""

GREETINGS = {
    "en-gb": "Good morning.", "en-us": "Good morning.", "es": "Buenos días.", "fr": "Bonjour.",
    "hi": "नमस्ते।", "it": "Buongiorno.", "ja": "おはようございます。", "pt-br": "Bom dia.",
    "zh": "早上好。",
}  # fmt: skip
"""A few words of each of LANGUAGES."""


@lru_cache(maxsize=64)
def resolve_language(code: str) -> str:
    """The one of LANGUAGES that `code` means, in any case. Raises InvalidRequest."""
    lower = code.lower().replace("_", "-")
    lang = ALIASES.get(lower, lower)
    if lang not in LANGUAGES:
        choices = ", ".join(LANGUAGES)
        raise InvalidRequest(f"Unknown language {code!r}. Choices: {choices}.", "lang")
    if lang == "ja" and not all(map(find_spec, NEEDED)):
        message = "Japanese needs more packages: pip install 'onset-tts[ja]'."
        raise InvalidRequest(message, "lang")
    return lang
