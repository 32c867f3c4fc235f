"""Checks of an installation: what is there, what is cached, how fast it is, what is broken.

Each check is a function that does the thing itself and tells how it went.
Knows nothing of how a check is shown.
"""

import ctypes
import os
import platform
import re
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from importlib import import_module, metadata
from pathlib import Path
from time import perf_counter

import httpx
from pydantic import ValidationError

import onset
from onset.client.http_client import health
from onset.config import Settings
from onset.errors import AssetError, InvalidRequest, OnsetError, ServerError, Unavailable
from onset.model import adain_predictor
from onset.model.assets import KOKORO, sha256_of
from onset.model.voice_styles import VOICES, parse
from onset.playback.device import SoundDevice
from onset.protocol.http_api import MODELS_PATH, ModelInfo, ModelList
from onset.types import SAMPLE_RATE

DISTRIBUTION = "onset-tts"

TELLING = ("onnxruntime", "misaki", "spacy", "espeakng-loader", "miniaudio")
"""Packages whose versions explain most troubles."""

SENTENCE = "The quick brown fox jumps over the lazy dog."

CONNECT_SECONDS = 0.1
"""Longest wait for a connection: on this machine it is made, or refused, at once."""

ANSWER_SECONDS = 1.0
"""Longest wait for an answer: a server that computes on all cores needs tens of milliseconds."""

EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}
"""Addresses that a server binds to be reached by all, and where to reach it from here."""

OURS = ModelInfo.model_fields["owned_by"].default


REINSTALL = f"pip install --force-reinstall {DISTRIBUTION}"


@dataclass(frozen=True, slots=True)
class Check:
    """What was found. ok: None where something is missing that is not needed, or not yet.

    remedy: what to do about it, None if nothing.
    """

    name: str
    ok: bool | None
    detail: str
    remedy: str | None = None


class PortOccupant(Enum):
    """What there is at an address."""

    NONE = "nobody"
    LOADING = "our server, not ready yet"
    READY = "our server"
    OTHER = "another program"


def url(settings: Settings) -> str:
    """Where a client on this machine finds the server of these settings."""
    host = EVERYWHERE.get(settings.host, settings.host)
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def neighbour(settings: Settings) -> PortOccupant:
    """Who is at `url(settings)`. Takes no longer than CONNECT_SECONDS if nobody is."""
    host = EVERYWHERE.get(settings.host, settings.host)
    try:
        socket.create_connection((host, settings.port), CONNECT_SECONDS).close()
    except OSError:
        return PortOccupant.NONE
    address = url(settings)
    if not _is_ours(address):
        return PortOccupant.OTHER
    try:
        health(address)
    except ServerError:
        return PortOccupant.LOADING
    return PortOccupant.READY


def _is_ours(address: str) -> bool:
    """Other speech servers use the same port and paths, but not all of our fields."""
    try:
        # Without the environment's proxies, which know nothing of this machine.
        with httpx.Client(base_url=address, timeout=ANSWER_SECONDS, trust_env=False) as client:
            models = ModelList.model_validate_json(client.get(MODELS_PATH).content)
    except (httpx.HTTPError, ValidationError):
        return False
    said = [model for model in models.data if "owned_by" in model.model_fields_set]
    return any(model.owned_by == OURS for model in said)


def examine(settings: Settings, asset: Path) -> Iterator[Check]:
    """All checks, each made when it is asked for; the last one takes seconds.

    asset: the file of predicted statistics.
    """
    yield python(sys.version_info[:2])
    yield packages()
    yield espeak()
    yield folder(settings.cache_dir)
    yield model(settings)
    yield graphs(settings.cache_dir)
    yield predictions(asset)
    yield sound()
    yield port(settings)
    yield speech(lambda: onset.Engine(settings), settings.threads)


def python(version: tuple[int, ...]) -> Check:
    """Whether this is a Python that all our packages support."""
    told = f"{platform.python_version()} at {sys.executable}"
    if (3, 11) <= version < (3, 13):
        return Check("python", True, told)
    return Check("python", False, told, "Install Onset with Python 3.11 or 3.12.")


def packages(distribution: str = DISTRIBUTION) -> Check:
    """Whether all that the distribution needs is installed."""
    try:
        needed = [_PINNED.match(line) for line in metadata.requires(distribution) or ()]
    except metadata.PackageNotFoundError:
        return Check("packages", False, f"{distribution} is not installed.", REINSTALL)
    pins = {match[1]: match[2] for match in needed if match is not None}
    missing = [f"{name}=={version}" for name, version in pins.items() if _version(name) is None]
    if missing:
        install = f"pip install {' '.join(missing)}"
        return Check("packages", False, f"missing: {', '.join(missing)}", install)
    told = ", ".join(f"{name} {_version(name)}" for name in TELLING)
    return Check("packages", True, f"{onset.__version__} with {told}")


_PINNED = re.compile(r"([\w.-]+)==([\w.]+)(?!.*\bextra\b)(?!.*sys_platform)")
"""A requirement with its version, of no extra and for any platform."""


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def espeak() -> Check:
    """Whether espeak-ng, which says the words that no lexicon has, can be loaded."""
    try:
        library = ctypes.CDLL(import_module("espeakng_loader").get_library_path())
        library.espeak_Info.restype = ctypes.c_char_p
        version = library.espeak_Info(None).decode()
    except (ImportError, OSError, AttributeError) as error:
        remedy = "pip install --force-reinstall espeakng-loader"
        return Check("espeak-ng", False, f"cannot be loaded: {error}", remedy)
    return Check("espeak-ng", True, version)


def folder(cache: Path) -> Check:
    """Whether the cache folder, or the one it will be made in, can be written."""
    there = next(path for path in (cache, *cache.absolute().parents) if path.exists())
    elsewhere = "Set ONSET_CACHE_DIR to a folder that can be written."
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        return Check("cache", False, f"{there} cannot be written.", elsewhere)
    free = shutil.disk_usage(there).free
    told = f"{cache}{'' if there == cache else ' (not made yet)'}, {_size(free)} free"
    return Check("cache", True, told)


def model(settings: Settings) -> Check:
    """Whether the model file is there and whole; its bytes are read."""
    if settings.model is not None:
        return _chosen(settings.model)
    path = settings.cache_dir / KOKORO.name
    try:
        size, whole = path.stat().st_size, sha256_of(path) == KOKORO.sha256
    except FileNotFoundError:
        return Check("model", None, "not assembled yet: the first start does it")
    except OSError as error:
        return Check("model", False, f"{path} cannot be read: {error}", _without(path))
    if not whole:
        return Check("model", False, f"{path} is damaged: its sha256 is wrong", _without(path))
    return Check("model", True, f"{path.name}, {_size(size)}, sha256 as published")


def _chosen(name: str) -> Check:
    path = Path(name).expanduser()
    if path.is_file():
        return Check("model", True, f"{path}, {_size(path.stat().st_size)} (ONSET_MODEL)")
    return Check("model", None, f"{name} (ONSET_MODEL): looked for at Hugging Face when it starts")


def graphs(cache: Path) -> Check:
    """Whether the files that the engine loads were made, for whichever model."""
    made = sorted(path for path in (cache / "graphs").glob("*-v*") if path.is_dir())
    if not made:
        return Check("graphs", None, "not built yet: the first start does it, in some seconds")
    for path in made:
        if not any(path.glob("*.onnx")):
            return Check("graphs", False, f"{path} is empty", _without(path))
    size = sum(file.stat().st_size for path in made for file in path.iterdir())
    told = ", ".join(path.name for path in made)
    return Check("graphs", True, f"{told}, {_size(size)}")


def predictions(asset: Path) -> Check:
    """Whether the statistics are there that let voices stream."""
    try:
        known = adain_predictor.load(asset)
    except AssetError as error:
        return Check("statistics", False, str(error), REINSTALL)
    count = sum(known.covers(parse(name)) for name in VOICES)
    return Check("statistics", True, f"{count} of {len(VOICES)} voices stream")


def sound() -> Check:
    """Whether there is a device to play on, which only `onset say` needs."""
    try:
        device = SoundDevice()
    except Unavailable as error:
        return Check("sound", None, str(error), "Use onset say --output, or a client elsewhere.")
    device.close()
    return Check("sound", True, f"the default device of {device.name}")


def port(settings: Settings) -> Check:
    """Whether a server can start where the settings say, or has."""
    who, address = neighbour(settings), url(settings)
    if who is PortOccupant.OTHER:
        remedy = "Stop it, or set ONSET_PORT to another port."
        return Check("port", False, f"{address}: taken by another program", remedy)
    return Check("port", True, f"{address}: {'free' if who is PortOccupant.NONE else who.value}")


def speech(load: Callable[[], "onset.Engine"], threads: int, text: str = SENTENCE) -> Check:
    """Load an engine and let it speak a text: that it works, and how fast."""
    try:
        begun = perf_counter()
        engine = load()
        loaded = perf_counter() - begun
        _timed(engine, text)  # the first time pays for first times
        first, took, audio = _timed(engine, text)
    except (OnsetError, ImportError, OSError) as error:
        remedy = "Mend what is broken above; then start again."
        return Check("speech", False, f"{type(error).__name__}: {error}", remedy)
    told = (
        f"model loaded in {loaded:.1f} s, first audio after {1e3 * first:.0f} ms, "
        f"RTF {took / audio:.2f}, {threads} threads, pace {engine.pace:g}"
    )
    if took < audio:
        return Check("speech", True, told)
    slow = "Slower than it is spoken: set ONSET_THREADS to the number of idle cores."
    return Check("speech", None, told, slow)


def _timed(engine: "onset.Engine", text: str) -> tuple[float, float, float]:
    """Seconds to the first samples, to the last, and of audio."""
    begun, first, samples = perf_counter(), None, 0
    for chunk in engine.speak(text, lang="en-us"):
        first = first or perf_counter()
        samples += len(chunk.samples)
    if first is None:
        raise InvalidRequest("The engine made no audio.")
    return first - begun, perf_counter() - begun, samples / SAMPLE_RATE


def _size(count: int) -> str:
    return f"{count / 1e6:,.0f} MB"


def _without(path: Path) -> str:
    return f"rm -r '{path}' and start again: it is made anew."
