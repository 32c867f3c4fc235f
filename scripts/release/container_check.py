"""The Containerfile without a container engine: its steps in a Debian root, then one request.

    sudo python scripts/release/container_check.py

Needs root, debootstrap and the network for packages, some minutes and 2 GB of disk. FROM becomes a
root made by debootstrap, RUN is run in it by chroot, ENTRYPOINT with CMD is started as USER says,
without a network, and HEALTHCHECK must succeed before the server is asked for a sentence.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]

PACKAGE_SETTINGS = (
    "etc/apt/apt.conf.d",
    "etc/xdg/pip",
    "etc/pip.conf",
    "etc/ssl/certs/ca-certificates.crt",
    "etc/hosts",
)
"""This machine's own settings for getting packages, which the root needs to get them too."""

ASKING = (
    "import json, urllib.request as r; "
    "b = json.dumps({'input': 'In a container.', 'response_format': 'wav'}).encode(); "
    "q = r.Request('http://127.0.0.1:8880/v1/audio/speech', b, "
    "{'Content-Type': 'application/json'}); print(len(r.urlopen(q, timeout=60).read())); "
    "h = json.load(r.urlopen('http://127.0.0.1:8880/health')); print(h['generator'])"
)


@dataclass
class Image:
    """What the lines of a Containerfile say of how a container is started."""

    user: str = "root"
    environment: dict[str, str] = field(default_factory=dict)
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)


def instructions(text: str) -> Iterator[tuple[str, str]]:
    """(instruction, the rest of its line)."""
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            name, _, rest = line.partition(" ")
            yield name, rest.strip()


def build(root: Path) -> Image:
    """Follow the Containerfile in an empty folder."""
    image = Image()
    for name, rest in instructions((ROOT / "Containerfile").read_text()):
        print(f"{name} {rest}", flush=True)
        match name:
            case "FROM":
                make_root(root, rest.partition(":")[2].partition("-")[0])
            case "RUN":
                inside(root, "root", {}, "sh", "-c", rest)
            case "COPY":
                copy(rest.split()[0], root / rest.split()[1].lstrip("/"))
            case "ENV":
                image.environment |= dict(part.split("=", 1) for part in shlex.split(rest))
            case "USER":
                image.user = rest
            case "ENTRYPOINT":
                image.entrypoint = json.loads(rest)
            case "CMD":
                image.command = json.loads(rest)
            case "HEALTHCHECK":
                image.health = json.loads(rest.partition(" ")[2])
            case "EXPOSE":
                pass
            case _:
                sys.exit(f"Containerfile: {name} is not known here")
    return image


def make_root(root: Path, release: str) -> None:
    """A Debian of the smallest kind, with this machine's settings for packages."""
    command = ["debootstrap", "--variant=minbase", "--include=ca-certificates", release, str(root)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    for name in PACKAGE_SETTINGS:
        source, target = Path("/") / name, root / name
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        elif source.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")


def copy(source: str, target: Path) -> None:
    """Copy what git knows of this tree and .dockerignore lets in, as an engine would."""
    if source != ".":
        sys.exit(f"COPY {source} is not known here")
    let_in = [
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text().split()
        if line.startswith("!")
    ]
    listed = subprocess.run(
        ["git", "ls-files", "-z", *let_in], cwd=ROOT, check=True, capture_output=True, text=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target / name)


def chroot(root: Path, user: str, *command: str) -> list[str]:
    """A command in the root, as a user of it."""
    return ["chroot", f"--userspec={user}", str(root), *command]


def inside(root: Path, user: str, environment: dict[str, str], *command: str) -> str:
    """What a command in the root printed. PIP_ settings of this machine are kept."""
    kept = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    path = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
    done = subprocess.run(
        chroot(root, user, *command),
        env=kept | path | environment,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{shlex.join(command)}: exit code {done.returncode}")
    return done.stdout


def ask(root: Path, image: Image) -> int:
    """Start the container's command where there is no network; bytes of a sentence it speaks.

    What an engine mounts is mounted in a name space of its own, and gone with it.
    """
    server = [*image.entrypoint, *image.command]
    health = shlex.join(chroot(root, image.user, *image.health))
    script = (
        f"mount -t proc proc {root}/proc; mount --bind /dev {root}/dev; "
        'ip link set lo up; "$@" & server=$!; '
        f"for i in $(seq 600); do {health} 2>/dev/null && break; sleep 0.5; done; "
        f"{shlex.join(chroot(root, image.user, image.health[0], '-c', ASKING))}; "
        "kill $server; wait $server"
    )
    done = subprocess.run(
        [
            "unshare",
            "--net",
            "--mount",
            "sh",
            "-c",
            script,
            "sh",
            *chroot(root, image.user, *server),
        ],
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"} | image.environment,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    sizes = [int(line) for line in done.stdout.split() if line.isdecimal()]
    if not sizes or sizes[-1] < 24_000:
        sys.exit(f"the server in the root spoke no sentence: {done.stdout!r}")
    if "native" not in done.stdout:
        sys.exit(f"the server in the root has no native library: {done.stdout!r}")
    return sizes[-1]


def main() -> None:
    """Build and ask."""
    if os.getuid() != 0 or shutil.which("debootstrap") is None:
        sys.exit("This needs root and debootstrap.")
    with tempfile.TemporaryDirectory(prefix="onset-container-") as name:
        root = Path(name) / "root"
        image = build(root)
        size = sum(f.lstat().st_size for f in (root / "onset").rglob("*"))
        print(f"/onset: {size / 1e6:.0f} MB; answered {ask(root, image)} bytes as {image.user}")


if __name__ == "__main__":
    main()
