"""Which voices have a student, and how all others are refused."""

import subprocess
import sys
from pathlib import Path

import pytest

from fakes import eventually
from onset.errors import AssetError, InvalidRequest
from onset.model.backend import SpeechModel
from onset.model.fake_backend import FakeBackend
from onset.model.students import Students


class FakeLibrary:
    """Has a student of af_heart. damaged: its file is not the one published. failures: how often
    loading it fails."""

    def __init__(self, damaged: bool = False, failures: int = 0) -> None:
        self.loaded, self._damaged, self._failures = 0, damaged, failures

    def student_names(self) -> dict[str, str]:
        return {"af_heart": "heart"}

    def student_file(self, name: str) -> Path:
        if self._damaged:
            raise AssetError("heart.onnx is not the file that was published: pip install it again")
        return Path("heart.onnx")

    def load_student(self, name: str) -> SpeechModel:
        if self._failures:
            self._failures -= 1
            raise MemoryError
        self.loaded += 1
        return FakeBackend()


def test_a_voice_may_have_one() -> None:
    students = Students(FakeLibrary)
    students.check("af_heart", "en-us")
    assert students.has("af_heart", "en-us")
    assert not students.has("am_adam", "en-us")
    assert not students.has("af_heart+am_adam", "en-us")
    assert not students.has("af_heart", "fr")


@pytest.mark.parametrize(
    ("voice", "language", "told"),
    [
        ("am_adam", "en-us", "Choices: af_heart"),
        ("af_heart(2)+am_adam", "en-us", "Choices: af_heart"),
        ("af_heart", "ja", "Choices: en-us, en-gb"),
    ],
)
def test_others_are_refused_with_the_choices(voice: str, language: str, told: str) -> None:
    with pytest.raises(InvalidRequest, match=told) as caught:
        Students(FakeLibrary).check(voice, language)
    assert caught.value.param == "plan"


def test_a_missing_package_is_told_with_its_command() -> None:
    students = Students(lambda: None)
    with pytest.raises(InvalidRequest, match=r"pip install 'onset-tts\[fast\]'"):
        students.check("af_heart", "en-us")
    assert not students.has("af_heart", "en-us")


def test_a_damaged_file_is_told_with_the_choices_and_never_offered() -> None:
    students = Students(lambda: FakeLibrary(damaged=True))
    told = "pip install it again. Other plans: balanced, quality, exact"
    with pytest.raises(InvalidRequest, match=told) as caught:
        students.check("af_heart", "en-us")
    assert caught.value.param == "plan"
    assert not students.has("af_heart", "en-us") and not students.names
    students.prepare("af_heart")


def test_a_model_is_loaded_once_and_only_when_needed() -> None:
    library = FakeLibrary()
    students = Students(lambda: library)
    assert students.has("af_heart", "en-us")
    assert counted(library) == 0
    assert students.model("af_heart") is students.model("af_heart")
    assert counted(library) == 1


def test_a_broken_package_is_told_and_offers_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "hibari").mkdir()
    (tmp_path / "hibari" / "__init__.py").write_text("raise ValueError('half an update')")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in [name for name in sys.modules if "hibari" in name]:
        monkeypatch.delitem(sys.modules, name)
    assert not Students().has("af_heart", "en-us")
    assert "pip install --force-reinstall hibari-tts" in caplog.text
    with pytest.raises(InvalidRequest, match="pip install"):
        Students().check("af_heart", "en-us")


def test_which_voices_have_one_is_known_without_importing_what_speaks() -> None:
    pytest.importorskip("hibari")
    asked = "from onset.model.students import Students; Students().check('af_heart', 'en-us')"
    told = f"{asked}; import sys; print('onnx' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", told], capture_output=True, check=True)
    assert answer.stdout.strip() == b"False"


def counted(library: FakeLibrary) -> int:
    """How many models it has loaded."""
    return library.loaded


def test_what_cannot_be_loaded_beside_is_told_and_loaded_when_needed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    library = FakeLibrary(failures=1)
    students = Students(lambda: library)
    students.prepare_beside("af_heart")
    eventually(lambda: "too little memory" in caplog.text)
    students.model("af_heart")
    assert library.loaded == 1
