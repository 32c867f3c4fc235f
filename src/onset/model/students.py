"""Students: which voices have a small model of their own, and loading it when it is first needed.

The models come with an optional package. Nothing is downloaded.
"""

import importlib
import logging
from collections.abc import Callable, Mapping
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import Protocol, cast

from onset.errors import AssetError, InvalidRequest, lacks_memory
from onset.model.backend import SpeechModel
from onset.model.voice_styles import parse

_log = logging.getLogger("onset.server")

PACKAGE, INSTALL = "hibari", "pip install 'onset-tts[fast]'"

REINSTALL = "pip install --force-reinstall hibari-tts"

OTHERS = "Other plans: balanced, quality, exact."

LANGUAGES = ("en-us", "en-gb")
"""Languages that students have learned; a student's own is that of its voice."""


class StudentLibrary(Protocol):
    """The module that has students (hibari_student.py)."""

    def student_names(self) -> dict[str, str]:
        """Voices of ours that have one here, and its name there."""

    def student_file(self, name: str) -> Path:
        """Its file. Raises AssetError for one that is not the one published."""

    def load_student(self, name: str) -> SpeechModel:
        """Its model. Raises AssetError likewise."""


def installed() -> StudentLibrary | None:
    """The library, imported only now; None if it is not installed, or broken."""
    if find_spec(PACKAGE) is None:
        return None
    try:
        return cast(StudentLibrary, importlib.import_module("onset.model.hibari_student"))
    except Exception as error:  # it reads files of its own, whose errors are not ours
        _log.warning("The fast voice is not there (%s): %s.", type(error).__name__, REINSTALL)
        return None


class Students:
    """The students there are. One thread at a time may use a model; any may ask."""

    def __init__(self, library: Callable[[], StudentLibrary | None] = installed) -> None:
        self._find = library
        self._load = cache(self._loaded)

    @cached_property
    def _library(self) -> StudentLibrary | None:
        return self._find()

    @cached_property
    def _damaged(self) -> Mapping[str, str]:
        """Voices whose student's file is not the one published, and what is to be done."""
        faults: dict[str, str] = {}
        if self._library is None:
            return faults
        for voice, name in self._library.student_names().items():
            try:
                self._library.student_file(name)
            except AssetError as error:
                faults[voice] = str(error)
        return faults

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Voices that have a student that is in order, and what it is called in its library."""
        found = self._library.student_names() if self._library else {}
        return {voice: name for voice, name in found.items() if voice not in self._damaged}

    def has(self, spec: str, language: str) -> bool:
        """Whether a voice can be spoken by a student in that language."""
        return self._sole(spec) in self.names and language in LANGUAGES

    def check(self, spec: str, language: str) -> None:
        """Raise InvalidRequest, with the choices, for a voice or language without a student."""
        if self._library is None:
            message = f"The plan fast needs another package: {INSTALL}."
            raise InvalidRequest(f"{message} {OTHERS}", "plan")
        if (fault := self._damaged.get(self._sole(spec))) is not None:
            raise InvalidRequest(f"The plan fast is not there: {fault}. {OTHERS}", "plan")
        choices = ", ".join(self.names)
        if self._sole(spec) not in self.names:
            message = f"The voice {spec[:80]!r} has no student, which the plan fast needs."
            raise InvalidRequest(f"{message} Choices: {choices}; or another plan.", "plan")
        if language not in LANGUAGES:
            message = f"The plan fast does not read {language}. Choices: {', '.join(LANGUAGES)}."
            raise InvalidRequest(message, "plan")

    def prepare(self, spec: str) -> None:
        """Load the student of a voice, if it has one that is in order."""
        if self._sole(spec) in self.names:
            self.model(spec)

    def prepare_beside(self, spec: str) -> None:
        """The same in a thread of its own: to import the library takes a quarter of a second."""
        Thread(target=self._prepare_told, args=[spec], name="onset-student", daemon=True).start()

    def _prepare_told(self, spec: str) -> None:
        try:
            self.prepare(spec)
        except Exception as error:  # ONNX, protobuf and the library have errors of their own
            fault = "too little memory" if lacks_memory(error) else type(error).__name__
            _log.warning("The fast voice is not loaded yet (%s); it is when it is needed.", fault)

    def model(self, spec: str) -> SpeechModel:
        """The student of a voice that has one, loaded once. Raises AssetError if its file was
        damaged meanwhile."""
        return self._load(self.names[self._sole(spec)])

    def _loaded(self, name: str) -> SpeechModel:
        assert self._library is not None
        return self._library.load_student(name)

    @staticmethod
    def _sole(spec: str) -> str:
        """The voice of a specification; "" for a mix."""
        mix = parse(spec)
        return mix[0][0] if len(mix) == 1 else ""
