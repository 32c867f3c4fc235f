"""The conditions: those of ours, and those of installed packages."""

from pathlib import Path

import numpy as np
import pytest

from onset.engine.engine import Engine
from onset.errors import AssetError
from onset.quality.listening.conditions import CONTROL, GROUP, REFERENCE, STREAMING, conditions

TEXT = "They asked whether the old train station near the river would open again this year."


def install(folder: Path, points: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package with entry points, as pip leaves it."""
    info = folder / "quiet_model-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: quiet-model\nVersion: 1\n")
    (info / "entry_points.txt").write_text(f"[{GROUP}]\n{points}\n")
    (folder / "quiet_model.py").write_text(
        "import numpy as np\ndef speak(text, voice):\n    return np.ones(len(text), np.float32)\n"
    )
    monkeypatch.syspath_prepend(folder)


def test_each_of_ours_speaks_the_sentence_in_its_own_way(engine: Engine) -> None:
    ways = conditions(engine)
    assert list(ways) == [REFERENCE, STREAMING, CONTROL]
    spoken = {name: way(TEXT, "af_heart") for name, way in ways.items()}
    seconds = {name: len(samples) / 24_000 for name, samples in spoken.items()}
    assert seconds[STREAMING] == pytest.approx(seconds[REFERENCE], rel=0.03)
    assert len(spoken[CONTROL]) != len(spoken[REFERENCE]), "the control is another reading"
    assert not np.array_equal(spoken[STREAMING], spoken[REFERENCE])


def test_an_installed_model_is_a_condition(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: Engine
) -> None:
    install(tmp_path, "student = quiet_model:speak", monkeypatch)
    ways = conditions(engine)
    assert list(ways) == [REFERENCE, STREAMING, CONTROL, "student"]
    assert len(ways["student"]("four", "af_heart")) == 4


@pytest.mark.parametrize(
    "points, told",
    [
        ("streaming = quiet_model:speak", "is called 'streaming', as one of ours"),
        ("student = quiet_model:sing", "'student' cannot be loaded"),
        ("student = no_such_model:speak", "'student' cannot be loaded"),
    ],
)
def test_one_that_cannot_be_used_is_refused(
    points: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: Engine
) -> None:
    install(tmp_path, points, monkeypatch)
    with pytest.raises(AssetError, match=told):
        conditions(engine)
