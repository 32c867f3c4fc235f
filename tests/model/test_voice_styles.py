"""The voice asset against the original packs, and the language of voice specifications.

VOICE_ORIGINALS=kokoro-js-1.2.1.tgz compares every row and builds the asset again.
"""

import os
import subprocess
import sys
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onset.errors import AssetError, InvalidRequest
from onset.model.voice_styles import ALIASES, ASSET, VOICES, Voice, VoiceStyles, language, parse
from onset.types import MAX_PHONEMES, Floats

HERE = Path(__file__).parents[1]
SAMPLE = HERE / "data" / "voices_sample.npz"
SCRIPT = HERE.parent / "scripts" / "fitting" / "build_voices.py"
ORIGINALS = os.environ.get("VOICE_ORIGINALS")
TOLERANCE = 1e-4
"""Twice the measured 5.8e-5, a tenth of what float16 costs."""

needs_originals = pytest.mark.skipif(ORIGINALS is None, reason="VOICE_ORIGINALS is not set")


@pytest.fixture(scope="module")
def voices() -> VoiceStyles:
    return VoiceStyles()


def pack(voices: VoiceStyles, name: str) -> Floats:
    return np.concatenate([voices.style(name, n) for n in range(1, MAX_PHONEMES + 1)])


def test_fixture_covers_every_voice() -> None:
    with np.load(SAMPLE) as sample:
        assert sample["names"].tolist() == list(VOICES)


@pytest.mark.parametrize("name", VOICES)
def test_rows_are_the_originals(voices: VoiceStyles, name: str) -> None:
    with np.load(SAMPLE) as sample:
        at = list(VOICES).index(name)
        rows, sampled, sums = sample["rows"][at], sample["sampled"].tolist(), sample["sums"][at]
    decoded = np.concatenate([voices.style(name, n) for n in sampled])
    assert np.abs(decoded - rows).max() < TOLERANCE
    # The sums reach every row; 256 errors add up to 7e-4 at most as measured.
    assert np.abs(pack(voices, name).sum(axis=1, dtype=np.float64) - sums).max() < 5e-3


@needs_originals
def test_all_rows_are_the_originals(voices: VoiceStyles) -> None:
    with tarfile.open(str(ORIGINALS)) as archive:
        for name in VOICES:
            file = archive.extractfile(f"package/voices/{name}.bin")
            assert file is not None
            original = np.frombuffer(file.read(), "<f4").reshape(MAX_PHONEMES, 256)
            assert np.abs(pack(voices, name) - original).max() < TOLERANCE


@needs_originals
def test_script_makes_the_same_bytes_twice(tmp_path: Path) -> None:
    made = []
    for turn in "12":
        paths = [tmp_path / f"asset{turn}.npz", tmp_path / f"fixture{turn}.npz"]
        options = ["--asset", str(paths[0]), "--fixture", str(paths[1])]
        subprocess.run([sys.executable, SCRIPT, str(ORIGINALS), *options], check=True)
        made.append([path.read_bytes() for path in paths])
    assert made[0] == made[1]
    assert made[0][1] == SAMPLE.read_bytes()


def test_asset_is_small() -> None:
    assert len(ASSET.read_bytes()) <= 1_000_000


def test_style_is_a_fresh_float32_row(voices: VoiceStyles) -> None:
    first = voices.style("af_heart", 12)
    assert first.shape == (1, 256) and first.dtype == np.float32
    first[:] = 0
    assert voices.style("af_heart", 12).any()


def test_style_is_fast(voices: VoiceStyles) -> None:
    voices.style("af_heart", 1)
    seconds = []
    for n in range(1, 200):
        begin = perf_counter()
        voices.style("af_heart(2)+am_michael(1)", n)
        seconds.append(perf_counter() - begin)
    assert sorted(seconds)[len(seconds) // 2] < 2e-4


def test_styles_load_once_when_threads_race() -> None:
    voices = VoiceStyles()
    with ThreadPoolExecutor(8) as pool:
        rows = list(pool.map(lambda _: voices.style("bf_emma", 30), range(32)))
    assert all(np.array_equal(row, rows[0]) for row in rows)


@pytest.mark.parametrize("phonemes", [0, -1, 511])
def test_style_refuses_a_count_outside_the_pack(voices: VoiceStyles, phonemes: int) -> None:
    with pytest.raises(InvalidRequest, match=f"1 to 510 phonemes, not {phonemes}"):
        voices.style("af_heart", phonemes)


def test_mix_is_the_weighted_mean_of_its_rows(voices: VoiceStyles) -> None:
    mixed = voices.style("af_heart(2)+am_michael(1)", 40)
    mean = (2 * voices.style("af_heart", 40) + voices.style("am_michael", 40)) / 3
    np.testing.assert_allclose(mixed, mean, atol=1e-6)


def test_damaged_asset_is_an_asset_error(tmp_path: Path) -> None:
    damaged = tmp_path / "voices.npz"
    for content in (ASSET.read_bytes()[:5000], b"", b"not a zip at all"):
        damaged.write_bytes(content)
        with pytest.raises(AssetError, match="Cannot read the voices"):
            VoiceStyles(damaged).style("af_heart", 1)


def test_missing_asset_is_an_asset_error(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="Cannot read the voices"):
        VoiceStyles(tmp_path / "none.npz").style("af_heart", 1)


def test_asset_with_other_voices_is_an_asset_error(tmp_path: Path) -> None:
    with np.load(str(ASSET)) as data:
        np.savez(
            tmp_path / "few.npz",
            names=data["names"][:3],
            curves=data["curves"],
            mixtures=data["mixtures"][:3],
        )
    with pytest.raises(AssetError, match="does not hold the 54 voices"):
        VoiceStyles(tmp_path / "few.npz").style("af_heart", 1)


def test_voices_are_the_54() -> None:
    assert len(VOICES) == 54 and list(VOICES) == sorted(VOICES)
    assert VOICES["af_heart"] == Voice("af_heart", "en-us", "American English", "female", "A")
    assert VOICES["pm_alex"] == Voice("pm_alex", "pt-br", "Brazilian Portuguese", "male", None)


@pytest.mark.parametrize(
    ("spec", "mix"),
    [
        ("af_heart", (("af_heart", 1.0),)),
        ("af_heart(7)", (("af_heart", 1.0),)),
        ("af_heart+am_adam", (("af_heart", 0.5), ("am_adam", 0.5))),
        (" af_heart ( 3. ) + am_adam(1) ", (("af_heart", 0.75), ("am_adam", 0.25))),
        ("af_sky(.5)+am_adam(1.5)", (("af_sky", 0.25), ("am_adam", 0.75))),
    ],
)
def test_parse_reads(spec: str, mix: tuple[tuple[str, float], ...]) -> None:
    assert parse(spec) == mix


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("af_hart", r"Unknown voice 'af_hart'\. Choices: af_heart, "),
        ("", r"Unknown voice ''\. Choices: af_alloy, "),
        ("af_heart+", r"Unknown voice ''"),
        ("af_heart+af_heart", "twice"),
        ("af_heart(0)", "The weight of af_heart"),
        ("af_heart(0.000)+am_adam", "The weight of af_heart"),
        ("af_heart(1001)", "above 0 and at most 1000"),
        ("af_heart(" + "9" * 900 + ")", "above 0 and at most 1000"),
        ("af_heart(-1)", "The weight of af_heart"),
        ("af_heart(nan)", "The weight of af_heart"),
        ("af_heart(2", "The weight of af_heart"),
        ("af_heart(2)x", "The weight of af_heart"),
        ("af_heart()", "The weight of af_heart"),
        ("(2)", "Unknown voice ''"),
        ("a" * 1001, "at most 1000 characters"),
    ],
)
def test_parse_refuses(spec: str, message: str) -> None:
    with pytest.raises(InvalidRequest, match=message) as caught:
        parse(spec)
    assert caught.value.param == "voice"


def test_unknown_voice_lists_every_choice_once() -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse("am_micheal")
    choices = caught.value.message.partition("Choices: ")[2].rstrip(".").split(", ")
    assert choices[0] == "am_michael" and sorted(choices) == list(VOICES)


@given(st.text(alphabet="af_heart+am()0123.9 ", max_size=60))
def test_parse_gives_shares_or_refuses(spec: str) -> None:
    try:
        mix = parse(spec)
    except InvalidRequest:
        return
    assert sum(share for _, share in mix) == pytest.approx(1)
    assert all(share > 0 for _, share in mix)


def test_parse_keeps_a_bounded_number_of_specs() -> None:
    assert parse.cache_info().maxsize == 1024


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ("af_heart", "en-us"),
        ("bm_lewis", "en-gb"),
        ("zf_xiaobei", "zh"),
        ("af_heart(1)+ff_siwis(2)", "fr"),
        ("if_sara+af_heart", "it"),
    ],
)
def test_language_is_that_of_the_largest_share(spec: str, code: str) -> None:
    assert language(spec) == code


@pytest.mark.parametrize(("alias", "name"), ALIASES.items())
def test_openais_name_means_one_of_ours(alias: str, name: str) -> None:
    assert parse(alias) == parse(name)
    assert parse(f"{alias}(2)+ff_siwis") == parse(f"{name}(2)+ff_siwis")
    with pytest.raises(InvalidRequest, match="twice"):
        parse(f"{alias}+{name}")


def test_openais_names_are_of_different_voices_that_speak_english() -> None:
    assert len(set(ALIASES.values())) == len(ALIASES) == 13
    assert all(VOICES[name].language.startswith("en-") for name in ALIASES.values())
