"""The Raycast extension's own commands in a process of Node, with Raycast's API faked."""

import json
import subprocess
from pathlib import Path
from typing import Any

EXTENSION = Path(__file__).parents[1] / "raycast"


def can_be_bundled() -> bool:
    """Whether what it needs is installed: make test-raycast does that."""
    return (EXTENSION / "node_modules").is_dir()


def bundled(folder: Path) -> Path:
    """The commands in one file, as Raycast bundles them, with the fake in place of its API."""
    bundle = folder / "drive.cjs"
    subprocess.run(
        [
            EXTENSION / "node_modules" / ".bin" / "esbuild",
            "tests/end-to-end/drive.ts",
            "--bundle",
            "--platform=node",
            "--jsx=automatic",
            "--alias:@raycast/api=./tests/fakes/raycast-api.tsx",
            "--log-level=warning",
            f"--outfile={bundle}",
        ],
        cwd=EXTENSION,
        check=True,
    )
    return bundle


class Extension:
    """The extension's commands, in a process of Node that knows nothing but its preferences."""

    def __init__(self, program: Path, socket: Path, url: str) -> None:
        self._preferences = {
            "serverUrl": url,
            "socketPath": str(socket),
            "speed": "1",
            "when": "interrupt",
        }
        self.process = subprocess.Popen(
            ["node", str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, command: str, **given: Any) -> dict[str, Any]:
        """What a command told, with the moments `begin_ns` and `end_ns` around it."""
        assert self.process.stdin is not None and self.process.stdout is not None
        preferences = self._preferences | given.pop("preferences", {})
        order = {"command": command, "preferences": preferences} | given
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        told: dict[str, Any] = json.loads(self.process.stdout.readline())
        return told

    def close(self) -> None:
        """End the process."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()
