"""Pictures, where the extra `quality` is installed."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from onset.errors import AssetError
from onset.quality.extra import missing
from onset.quality.renditions.renditions import Renditions
from onset.quality.spectrogram import PACKAGES, draw
from onset.types import Request

NOISE = np.random.default_rng(1).normal(0, 0.1, 12_000).astype(np.float32)
PAIR = Renditions(Request("It costs $5, or $6."), NOISE, NOISE, True, (), (), ())

installed = pytest.mark.skipif(bool(missing(PACKAGES)), reason="needs the extra `quality`")


@installed
def test_the_same_pair_gives_the_same_picture(tmp_path: Path) -> None:
    paths = [tmp_path / "deep" / name for name in ("one.png", "two.png")]
    for path in paths:
        draw(PAIR, path)
    one, two = (path.read_bytes() for path in paths)
    assert one == two and one.startswith(b"\x89PNG") and 10_000 < len(one) < 400_000


@installed
@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("text", ["何時ですか。", "आज", "“Ça va ?” — $5"])
def test_any_script_is_drawn_without_a_warning(text: str, tmp_path: Path) -> None:
    draw(replace(PAIR, request=Request(text, "jf_alpha")), tmp_path / "any.png")


@pytest.mark.skipif(not missing(PACKAGES), reason="the extra `quality` is installed")
def test_without_the_extra_the_error_names_it(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match=r"onset-tts\[quality\]"):
        draw(PAIR, tmp_path / "none.png")
