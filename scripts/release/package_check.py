"""The wheel and the sdist as a user installs them: each in a fresh environment, then offline.

    python scripts/release/package_check.py [--uv]

Builds both, installs them with the versions of constraints.txt, takes the network away (an own
network namespace, where the machine allows one) and has them answer: `onset --version`, a list of
chapters, a file of `onset say`, and one request to `onset serve`. Some minutes, for the packages.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import wave
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]

OFFLINE = ("unshare", "--net", "sh", "-c", 'ip link set lo up 2>/dev/null; exec "$@"', "sh")
"""Runs a command where there is no network but this machine."""

ASKING = """
import json, os, subprocess, sys, time, urllib.request
server = subprocess.Popen(sys.argv[1:], stdout=sys.stderr)
url = "http://127.0.0.1:18897"
try:
    for _ in range(3000):
        try:
            urllib.request.urlopen(url + "/health", timeout=5).read()
            break
        except OSError:
            assert server.poll() is None, "the server has ended"
            time.sleep(0.1)
    body = json.dumps({"input": "Installed, and speaking.", "response_format": "wav"}).encode()
    kind = {"Content-Type": "application/json"}
    asked = urllib.request.Request(url + "/v1/audio/speech", body, kind)
    print(len(urllib.request.urlopen(asked, timeout=60).read()))
    time.sleep(float(os.environ.get("LINGER", "0")))
finally:
    server.terminate()
    server.wait(20)
"""
"""Starts the server of a command, at ONSET_PORT=18897, and asks it for one sentence with nothing
but the standard library; prints how many bytes it is. LINGER: seconds that the server goes on."""

SERVED = {"ONSET_PORT": "18897"}


def run(*command: str | Path, folder: Path, environment: Mapping[str, str] | None = None) -> str:
    """What a command printed; its own error if it fails."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}: exit code {done.returncode}")
    return done.stdout


def offline() -> Sequence[str]:
    """What a command is started with to have no network; nothing where that is not allowed."""
    allowed = (
        shutil.which("unshare")
        and not subprocess.run([*OFFLINE, "true"], capture_output=True, check=False).returncode
    )
    if not allowed:
        print("no network namespace can be made here: the network stays")
    return OFFLINE if allowed else ()


def build(folder: Path) -> tuple[Path, Path]:
    """(wheel, sdist), the wheel built from the sdist, as an index would get them."""
    builder = environment(folder / "builder")
    run(builder / "python", "-m", "pip", "install", "-qq", "build", folder=folder)
    made = folder / "dist"
    run(builder / "python", "-m", "build", "--outdir", made, ROOT, folder=folder)
    (wheel,), (sdist,) = made.glob("*.whl"), made.glob("*.tar.gz")
    for path in (wheel, sdist):
        print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB")
    return wheel, sdist


def environment(folder: Path) -> Path:
    """The folder of programs of a fresh virtual environment."""
    run(sys.executable, "-m", "venv", folder, folder=folder.parent)
    return folder / "bin"


def check(package: Path, folder: Path, away: Sequence[str]) -> None:
    """Install a package as a user does, and have it speak."""
    programs = environment(folder / "environment")
    constraint = ("--constraint", ROOT / "constraints.txt")
    wanted = f"{package}[documents]"
    run(programs / "python", "-m", "pip", "install", "-qq", *constraint, wanted, folder=folder)
    onset = programs / "onset"
    speak(onset, folder, away)
    asking = (programs / "python", "-c", ASKING, onset, "serve")
    size = run(*away, *asking, folder=folder, environment=own(folder) | SERVED)
    print(f"{package.name}: onset serve answered {int(size)} bytes")
    if int(size) < 24_000:
        sys.exit("that is no sentence")


def speak(onset: Path, folder: Path, away: Sequence[str]) -> None:
    """Have an installed `onset` list a document and write a file."""
    (folder / "text.md").write_text("# One\n\ntext\n\n# Two\n\ntext\n")
    run(*away, onset, "--version", folder=folder)
    chapters = run(*away, onset, "read", "text.md", "--list", folder=folder)
    if chapters.split() != ["1", "One", "2", "Two"]:
        sys.exit(f"onset read --list printed {chapters!r}")
    run(*away, onset, "say", "Hi there.", "-o", "hi.wav", folder=folder, environment=own(folder))
    with wave.open(str(folder / "hi.wav")) as file:
        print(f"onset say wrote {file.getnframes() / file.getframerate():.2f} s")


def own(folder: Path) -> dict[str, str]:
    """Settings that keep it away from a server, a daemon and a cache that are there."""
    return {"ONSET_CACHE_DIR": str(folder / "cache"), "ONSET_SOCKET": str(folder / "none.sock")}


def uv_settings(folder: Path) -> dict[str, str]:
    """Where uv finds packages: it does not read pip's settings. Its cache is in `folder`."""
    settings = {"UV_CACHE_DIR": str(folder / "uv-cache")}
    variable = {"global.index-url": "UV_DEFAULT_INDEX", "global.find-links": "UV_FIND_LINKS"}
    for line in run(sys.executable, "-m", "pip", "config", "list", folder=folder).splitlines():
        name, _, value = line.partition("=")
        if name in variable:
            settings[variable[name]] = value.strip("'")
    return settings


def check_uv(wheel: Path, folder: Path, away: Sequence[str]) -> None:
    """Run the wheel as `uvx` does: in an environment that uv makes, then from its cache."""
    programs = environment(folder / "uv")
    run(programs / "python", "-m", "pip", "install", "-qq", "uv", folder=folder)
    tool = (programs / "uv", "tool", "run", "--python", sys.executable, "--from", wheel, "onset")
    settings = uv_settings(folder)
    run(*tool, "--version", folder=folder, environment=settings)
    again = settings | {"UV_OFFLINE": "1"}
    print(
        f"uvx, offline: {run(*away, *tool, '--version', folder=folder, environment=again).strip()}"
    )


def main() -> None:
    """Check both packages."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--uv", action="store_true", help="run the wheel with uv too")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="onset-package-") as name:
        folder, away = Path(name), offline()
        wheel, sdist = build(folder)
        for package in (wheel, sdist):
            place = folder / package.name
            place.mkdir()
            check(package, place, away)
            shutil.rmtree(place)
        if arguments.uv:
            check_uv(wheel, folder, away)


if __name__ == "__main__":
    main()
