"""The packages of the extra `quality`: which of them are missing, and how they are installed."""

from collections.abc import Sequence
from importlib.util import find_spec

from onset.errors import AssetError

INSTALL = "pip install onset-tts[quality]"


def missing(packages: Sequence[str]) -> list[str]:
    """Which of the packages are not installed."""
    return [name for name in packages if find_spec(name) is None]


def require(need: str, packages: Sequence[str]) -> None:
    """Raise AssetError if a package is missing. need: how the message begins ("Pictures need")."""
    if absent := missing(packages):
        raise AssetError(f"{need} {', '.join(absent)}: {INSTALL}")
