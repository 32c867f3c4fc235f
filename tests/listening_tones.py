"""A listening test of tones instead of speech, and the page's script outside of a page."""

import json
import shutil
import subprocess
from base64 import b64decode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from onset.quality.listening import listening_page, listening_test
from onset.quality.listening.conditions import Rendering
from onset.quality.listening.listening_items import ListeningItem
from onset.types import SAMPLE_RATE, Floats

ITEMS = [
    ListeningItem("The first sentence is about </script> & “quotes”.", "af_heart"),
    ListeningItem("The second one is not.", "bm_george"),
    ListeningItem("La tercera es española.", "ef_dora"),
]

SCRIPT = Path(listening_page.__file__).with_suffix(".js")
NODE = shutil.which("node")


def tone(pitch: float, seconds: float = 0.5, loudness: float = 0.1) -> Floats:
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return (loudness * np.sin(2 * np.pi * pitch * time)).astype(np.float32)


def conditions() -> dict[str, Rendering]:
    """Three of them: tones of another pitch, length and loudness."""
    return {
        "one-shot": lambda text, voice: tone(100 + len(text)),
        "streaming": lambda text, voice: tone(200 + len(text), 0.6, 0.2),
        "old cut": lambda text, voice: tone(300 + len(text), 0.7, 0.4),
    }


def write(folder: Path, seed: int = 7) -> str:
    """Write the test into `folder`; the page's HTML."""
    path = listening_test.write(folder, ITEMS, conditions(), seed, lambda: None)
    return path.read_text(encoding="utf-8")


def facts(html: str) -> dict[str, Any]:
    """What the page's script reads, the key decoded."""
    _, _, rest = html.partition('<script type="application/json" id="facts">')
    found: dict[str, Any] = json.loads(rest.partition("</script>")[0])
    return found | {"key": json.loads(b64decode(found["key"]))}


def run_script(code: str, **values: Any) -> Any:
    """What `code`, a function's body, returns where the page's script and `values` are known."""
    assert NODE is not None
    given: Mapping[str, Any] = {"values": values}
    program = (
        f"const {{ values }} = {json.dumps(given)};\n{SCRIPT.read_text(encoding='utf-8')}\n"
        f"console.log(JSON.stringify((() => {{ {code} }})()));"
    )
    done = subprocess.run(
        [NODE, "-"], input=program, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
