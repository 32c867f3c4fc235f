"""Packages of the extra that are not there are named, with how to install them."""

import pytest

from onset.errors import AssetError
from onset.quality.extra import missing, require


def test_what_is_missing_is_named() -> None:
    assert missing(("numpy", "no_such_package")) == ["no_such_package"]


def test_what_is_there_is_not_refused() -> None:
    require("Numbers need", ("numpy",))


def test_what_is_missing_is_refused_with_how_to_install_it() -> None:
    with pytest.raises(AssetError, match=r"Pictures need no_such_package: .*onset-tts\[quality\]"):
        require("Pictures need", ("numpy", "no_such_package"))
