"""`onset doctor`: checks that do a thing themselves and tell how it went."""

import ctypes
import json
import os
import platform
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

import onset
from onset.cli.local_server import PortOccupant, port_occupant, server_url
from onset.cli.speaking.speakers import LocalSpeaker, deliver
from onset.config import Settings, load_settings
from onset.errors import AssetError, OnsetError, Unavailable
from onset.model.adain_predictor import ASSET
from onset.model.assets import KOKORO, sha256_of
from onset.model.decoding.runtimes import COMPILE
from onset.model.opening_predictor import OPENING_ASSET, load_predictor
from onset.model.voice_styles import VOICES, parse
from onset.native.library import LIBRARY, LibraryMissing, kinds
from onset.playback.device import SoundDevice
from onset.types import Request

DISTRIBUTION = "onset-tts"

SHOWN_PACKAGES = ("onnxruntime", "misaki", "spacy", "espeakng-loader", "miniaudio")
"""Packages whose versions explain most troubles."""

SENTENCE = "The quick brown fox jumps over the lazy dog."

REINSTALL = f"pip install --force-reinstall {DISTRIBUTION}"

MARKS = {True: ("ok", "green"), False: ("broken", "red"), None: ("-", "yellow")}


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Tell what is installed, fast and broken.

    Speaks a sentence to know. Ends with exit code 1 if something needed is broken.
    """
    console, results = Console(soft_wrap=True), list[Check]()
    for result in run_checks(load_settings()):
        results.append(result)
        if not as_json:
            console.print(result.line())
    ok = all(result.ok is not False for result in results)
    if as_json:
        typer.echo(json.dumps({"ok": ok, "checks": [asdict(result) for result in results]}))
    if not ok:
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True)
class Check:
    """How a check went. ok: None where what is missing is not needed, or not yet."""

    name: str
    ok: bool | None
    detail: str
    remedy: str | None = None

    def line(self) -> Text:
        """The result for people: mark, name, detail, and under it what to do."""
        word, colour = MARKS[self.ok]
        line = Text.assemble((f"{word:7}", colour), f"{self.name:11}{self.detail}")
        if self.remedy is not None:
            line.append(f"\n{'':18}{self.remedy}", "bold")
        return line


def run_checks(settings: Settings) -> Iterator[Check]:
    """All checks, each made when its result is asked for; the last one takes seconds."""
    yield check_python(sys.version_info[:2])
    yield check_packages()
    yield check_espeak()
    yield check_cache(settings.cache_dir)
    yield check_model(settings)
    yield check_graphs(settings.cache_dir)
    yield check_statistics(OPENING_ASSET, ASSET)
    yield check_native()
    yield check_sound()
    yield check_port(settings)
    yield check_speech(lambda: onset.Engine(settings), settings)


def check_python(version: tuple[int, ...]) -> Check:
    """Whether this is a Python that all our packages support."""
    detail = f"{platform.python_version()} at {sys.executable}"
    if (3, 11) <= version < (3, 13):
        return Check("python", True, detail)
    return Check("python", False, detail, "Install Onset with Python 3.11 or 3.12.")


def check_packages(distribution: str = DISTRIBUTION) -> Check:
    """Whether all that the distribution needs is installed."""
    try:
        requirements = metadata.requires(distribution) or ()
    except metadata.PackageNotFoundError:
        return Check("packages", False, f"{distribution} is not installed.", REINSTALL)
    needed = filter(None, map(_REQUIREMENT.fullmatch, requirements))
    missing = [match[0] for match in needed if _version(match[1]) is None]
    if missing:
        install = f"pip install {shlex.join(missing)}"
        return Check("packages", False, f"missing: {', '.join(missing)}", install)
    versions = ", ".join(f"{name} {_version(name)}" for name in SHOWN_PACKAGES)
    return Check("packages", True, f"{onset.__version__} with {versions}")


_REQUIREMENT = re.compile(r"([\w.-]+)[^;\[]*")
"""A requirement and its versions, of no extra and for any platform."""


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def check_espeak() -> Check:
    """Whether espeak-ng, which says the words that no lexicon has, can be loaded."""
    try:
        import espeakng_loader  # noqa: PLC0415  that it cannot be imported is a result

        library = ctypes.CDLL(espeakng_loader.get_library_path())
        library.espeak_Info.restype = ctypes.c_char_p
        version = library.espeak_Info(None).decode()
    except (ImportError, OSError, AttributeError) as error:
        remedy = "pip install --force-reinstall espeakng-loader"
        return Check("espeak-ng", False, f"cannot be loaded: {error}", remedy)
    return Check("espeak-ng", True, version)


def check_cache(cache: Path) -> Check:
    """Whether the cache folder, or the one it will be made in, can be written."""
    existing = next(path for path in (cache, *cache.absolute().parents) if path.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        remedy = "Set ONSET_CACHE_DIR to a folder that can be written."
        return Check("cache", False, f"{existing} cannot be written.", remedy)
    free = shutil.disk_usage(existing).free
    detail = f"{cache}{'' if existing == cache else ' (not made yet)'}, {_size(free)} free"
    return Check("cache", True, detail)


def check_model(settings: Settings) -> Check:
    """Whether the model file is there and whole; its bytes are read."""
    if settings.model is not None:
        path = Path(settings.model).expanduser()
        if path.is_file():
            return Check("model", True, f"{path}, {_size(path.stat().st_size)} (ONSET_MODEL)")
        detail = f"{settings.model} (ONSET_MODEL): looked for at Hugging Face when it starts"
        return Check("model", None, detail)
    path = settings.cache_dir / KOKORO.name
    try:
        size, whole = path.stat().st_size, sha256_of(path) == KOKORO.sha256
    except FileNotFoundError:
        return Check("model", None, "not assembled yet: the first start does it")
    except OSError as error:
        return Check("model", False, f"{path} cannot be read: {error}", _remake(path))
    if not whole:
        return Check("model", False, f"{path} is damaged: its sha256 is wrong", _remake(path))
    return Check("model", True, f"{path.name}, {_size(size)}, sha256 as published")


def check_graphs(cache: Path) -> Check:
    """Whether the graphs that the engine loads were built, for whichever model."""
    folders = sorted(path for path in (cache / "graphs").glob("*-v*") if path.is_dir())
    if not folders:
        return Check("graphs", None, "not built yet: the first start does it, in some seconds")
    for path in folders:
        if not any(path.glob("*.onnx")):
            return Check("graphs", False, f"{path} is empty", _remake(path))
    names = ", ".join(path.name for path in folders)
    size = sum(file.stat().st_size for path in folders for file in path.rglob("*"))
    return Check("graphs", True, f"{names}, {_size(size)}")


def check_statistics(opening: Path, generator: Path) -> Check:
    """Whether the predicted statistics are there, without which no voice streams."""
    try:
        predictor = load_predictor(opening, generator)
    except AssetError as error:
        return Check("statistics", False, str(error), REINSTALL)
    count = sum(predictor.covers(parse(name)) for name in VOICES)
    return Check("statistics", True, f"{count} of {len(VOICES)} voices stream")


def check_native(path: Path = LIBRARY) -> Check:
    """Whether the native library is there, without which decoding takes two to three times."""
    try:
        names = kinds(path)
    except LibraryMissing as error:
        return Check("native", None, f"{error}", f"Install a C compiler, then: {COMPILE}")
    if not names:
        return Check("native", None, "This processor is too old for the native kernels.")
    return Check("native", True, f"kernels for {', '.join(names)}")


def check_sound() -> Check:
    """Whether there is a device to play on, which only `onset say` needs."""
    try:
        device = SoundDevice()
    except Unavailable as error:
        return Check("sound", None, str(error), "Use onset say --output, or a client elsewhere.")
    device.close()
    return Check("sound", True, f"the default device of {device.name}")


def check_port(settings: Settings) -> Check:
    """Whether a server can start where the settings say, or has."""
    occupant, address = port_occupant(settings), server_url(settings)
    if occupant is PortOccupant.OTHER:
        remedy = "Stop it, or set ONSET_PORT to another port."
        return Check("port", False, f"{address}: taken by another program", remedy)
    return Check("port", True, f"{address}: {occupant.value}")


def check_speech(
    load: Callable[[], "onset.Engine"], settings: Settings, text: str = SENTENCE
) -> Check:
    """Whether a loaded engine speaks a text, and how fast."""
    request, pcm = Request(text, settings.voice, lang="en-us"), list[bytes]()
    try:
        begun = perf_counter()
        engine = load()
        loaded = perf_counter() - begun
        deliver(LocalSpeaker(engine), request, pcm.append)  # a warm-up
        delivery = deliver(LocalSpeaker(engine), request, pcm.append)
    except (OnsetError, ImportError, OSError) as error:
        remedy = "Mend what is broken above; then start again."
        return Check("speech", False, f"{type(error).__name__}: {error}", remedy)
    rtf = delivery.took / delivery.audio
    detail = (
        f"model loaded in {loaded:.1f} s, first audio after {1e3 * delivery.first:.0f} ms, "
        f"RTF {rtf:.2f}, {settings.threads} threads, pace {engine.pace:g}, "
        f"on {engine.backend.runs_on}"
    )
    if rtf < 1:
        return Check("speech", True, detail)
    slow = "Slower than it is spoken: set ONSET_THREADS to the number of idle cores."
    return Check("speech", None, detail, slow)


def _size(count: int) -> str:
    return f"{count / 1e6:,.0f} MB"


def _remake(path: Path) -> str:
    return f"rm -r '{path}' and start again: it is made anew."
