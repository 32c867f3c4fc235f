"""hibari's voices: which are here, and the student of one.

Imports the optional package `hibari`, of which only public names are used: the registry and the
files of `hibari.voices`.
"""

import importlib
from pathlib import Path
from typing import cast

from hibari import voices

from onset.errors import AssetError
from onset.model.backend import SpeechModel
from onset.model.students import REINSTALL


def student_file(name: str) -> Path:
    """The model of a voice in hibari's registry. Raises AssetError if it is not the one listed."""
    path = Path(voices.voice_path(name, download_missing=False))
    if voices.sha256_of(path) != voices.VOICES[name]["sha256"]:
        raise AssetError(f"{path.name} is not the file that hibari lists: {REINSTALL}")
    return path


def student_names() -> dict[str, str]:
    """Kokoro's voices that have a student on this machine, and what hibari calls each."""
    found: dict[str, str] = {}
    for name, entry in voices.VOICES.items():
        try:
            voices.voice_path(name, download_missing=False)
        except FileNotFoundError:  # it can be downloaded, but was not
            continue
        found[entry["kokoro"]] = name
    return found


def load_student(name: str) -> SpeechModel:
    """A voice in hibari's registry, ready to speak. Raises AssetError."""
    # Only now: it imports ONNX's library, which takes longer than all else that is asked here.
    student = importlib.import_module("onset.model.hibari_student")
    return cast(SpeechModel, student.HibariStudent(student_file(name)))
