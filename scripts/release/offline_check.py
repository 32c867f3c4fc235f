"""Both commands of the README without a network, from a folder of wheels.

    python scripts/release/offline_check.py                           # on this machine
    sudo python scripts/release/offline_check.py --debian bookworm    # in a Debian root

A copy of this tree fills the folder by `make wheelhouse`, from the package index. Then the network
is taken away, and another copy does `make setup`, `make serve`, which is asked for a sentence, and
`make test`, with `WHEELS=` that folder, an empty home and so no cache of pip's. The Debian root is
made by debootstrap and has Python and make, no compiler, no git and no npm: what needs them in the
tests is left out there. `--wheelhouse` takes a folder that was made before.
"""

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from container_check import chroot, inside, make_root
from package_check import ASKING, OFFLINE, ROOT, SERVED, offline

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
USER = "reader"

TESTS = "tests/test_requirements.py tests/test_architecture.py tests/stats tests/text/english"
"""What `make test` runs if nothing else is asked for, after lint and types: half a minute. All
of them take as long here as everywhere."""


def copy_tree(target: Path) -> None:
    """Copy what git knows of this tree."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target / name)


def steps(wheels: str, python: str, tests: str) -> str:
    """What is typed in the copy, as a script of the shell."""
    from_folder = f"PYTHON={shlex.quote(python)} WHEELS={shlex.quote(wheels)}"
    return (
        f"set -e; make -s setup {from_folder}; "
        f".venv/bin/python -c {shlex.quote(ASKING)} make -s serve {from_folder}; "
        f"make test {from_folder} TESTS={shlex.quote(tests)}"
    )


def check_here(folder: Path, wheels: Path | None, tests: str) -> None:
    """With this machine's Python. folder: an empty one."""
    copy, home = folder / "onset", folder / "home"
    if wheels is None:
        collecting = folder / "collecting"
        copy_tree(collecting)
        make = ["make", "-s", "wheelhouse", f"PYTHON={sys.executable}"]
        subprocess.run(make, cwd=collecting, check=True)
        wheels = collecting / "wheelhouse"
    copy_tree(copy)
    home.mkdir()
    environment = {"HOME": str(home), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    away = offline()
    if not away:
        sys.exit("There is nothing to check with the network there.")
    typed(away, copy, environment, steps(str(wheels.absolute()), sys.executable, tests))


def typed(around: Sequence[str], folder: Path, environment: dict[str, str], script: str) -> None:
    """Run a script where there is no network. Ends this one if a command of it fails."""
    command = [*around, "sh", "-c", script]
    done = subprocess.run(command, cwd=folder, env=environment | SERVED, check=False)
    if done.returncode:
        sys.exit(f"exit code {done.returncode}")


def check_debian(root: Path, release: str, wheels: Path | None, tests: str) -> None:
    """In a root of debootstrap, as a user without rights. root: an empty folder."""
    make_root(root, release)
    packages = "apt-get install --yes --no-install-recommends python3 python3-venv make"
    inside(root, "root", {}, "sh", "-c", f"apt-get update -q && {packages} && useradd -m {USER}")
    if wheels is None:
        copy_tree(root / "collecting")
        inside(root, "root", {}, "sh", "-c", "cd /collecting && make -s wheelhouse")
        shutil.move(root / "collecting/wheelhouse", root / "wheelhouse")
        for left in ("collecting", "root/.cache"):
            shutil.rmtree(root / left, ignore_errors=True)
    else:
        shutil.copytree(wheels, root / "wheelhouse")
    home = f"home/{USER}"
    copy_tree(root / home / "onset")
    inside(root, "root", {}, "chown", "-R", USER, f"/{home}")
    script = f"cd; cd onset; {steps('/wheelhouse', 'python3', tests)}"
    mounted = f"mount -t proc proc {root}/proc; mount --rbind /dev {root}/dev; {OFFLINE[4]}"
    around = ["unshare", "--net", "--mount", "sh", "-c", mounted, "sh", *chroot(root, USER)]
    typed(around, root, {"HOME": f"/{home}", "PATH": SYSTEM_PATH}, script)


def main() -> None:
    """Check this machine or a Debian root."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--debian", metavar="RELEASE", help="in a root of debootstrap")
    parser.add_argument("--wheelhouse", type=Path, metavar="FOLDER", help="made before")
    parser.add_argument("--tests", default=TESTS, help="what `make test` runs; empty: everything")
    arguments = parser.parse_args()
    if arguments.debian and (os.getuid() != 0 or shutil.which("debootstrap") is None):
        sys.exit("This needs root and debootstrap.")
    with tempfile.TemporaryDirectory(prefix="onset-offline-") as name:
        folder = Path(name)
        if arguments.debian:
            folder.chmod(0o755)  # for the user of the root
            root = folder / "root"
            check_debian(root, arguments.debian, arguments.wheelhouse, arguments.tests)
        else:
            check_here(folder, arguments.wheelhouse, arguments.tests)
    print("Both commands work without a network.")


if __name__ == "__main__":
    main()
