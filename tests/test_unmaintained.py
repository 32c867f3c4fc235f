"""Which dependencies had no release for years, asked of an index of our own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from lock_requirements import BUILD, SETS

SCRIPT = Path(__file__).parent.parent / "scripts" / "release" / "unmaintained.py"

NOW = datetime.now(UTC)
AGES: dict[str, list[tuple[float, bool]]] = {
    "lately": [(9.0, False), (0.5, False)],
    "long-ago": [(9.0, False), (4.0, False)],
    "withdrawn": [(5.0, False), (0.5, True)],
}
"""Years since each release of a package, and whether it is yanked."""


class IndexHandler(BaseHTTPRequestHandler):
    """A page a package, as PEP 691 and 700 have it."""

    def do_GET(self) -> None:
        name = self.path.strip("/").rpartition("/")[2]
        files = [
            {
                "filename": f"{name}-{number}.tar.gz",
                "url": f"{name}-{number}.tar.gz",
                "hashes": {},
                "yanked": yanked,
                "upload-time": (NOW - timedelta(days=365.25 * years)).isoformat(),
            }
            for number, (years, yanked) in enumerate(AGES.get(name, []))
        ]
        self.send_response(200 if files else 404)
        self.send_header("Content-Type", "application/vnd.pypi.simple.v1+json")
        self.end_headers()
        self.wfile.write(json.dumps({"name": name, "files": files}).encode())

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@pytest.fixture
def index() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), IndexHandler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/simple"
        server.shutdown()


def told(root: Path, index: str, years: float) -> str:
    """What the script prints of a checkout with these packages."""
    (root / "requirements").mkdir(exist_ok=True)
    for name in (BUILD, *SETS):
        (root / "requirements" / f"{name}.txt").write_text("# none\n")
    names = (*AGES, "nowhere")
    (root / "requirements" / "ja.txt").write_text("".join(f"{name}==1\n" for name in names))
    (root / "pyproject.toml").write_text("[project]\n[build-system]\nrequires = []\n")
    (root / "constraints.txt").write_text("# none\n")
    alone = {"PIP_INDEX_URL": index, "PIP_CONFIG_FILE": os.devnull}
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--root", str(root), "--years", str(years)],
        env=ours | alone,
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    return done.stdout


def test_who_had_no_release_for_years_is_told(index: str, tmp_path: Path) -> None:
    lines = told(tmp_path, index, 3).splitlines()
    assert [line.split()[-2] for line in lines[:2]] == ["withdrawn", "long-ago"]
    assert lines[0].startswith(f"{NOW - timedelta(days=365.25 * 5):%Y-%m-%d}")
    assert lines[2:] == [
        "not told    nowhere (requirements/ja.txt)",
        "2 of 4 had no release for 3 years.",
    ]
