"""The page of a listening test, drawn from listening_page.html.jinja.

It asks nothing of any other place: its script and style are inline and named by their hash in its
content security policy, and it plays only clips beside it.
"""

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined

from onset.model.voice_styles import language
from onset.quality.listening.listening_items import ListeningItem
from onset.quality.listening.tally import TOLD, needed


def page(items: Sequence[ListeningItem], clips: Sequence[Mapping[str, str]]) -> str:
    """The HTML. clips: of each item, paths relative to the page by condition, the reference first.

    The key, which condition a clip is of, is in the page in base64: nobody reads it by accident.
    """
    style, script = _part("css"), _part("js")
    key = {"conditions": list(clips[0]), "clips": [list(paths.values()) for paths in clips]}
    packed = b64encode(json.dumps(key).encode()).decode()
    shown = [{"text": item.text, "lang": language(item.voice)} for item in items]
    facts = {
        "id": sha256(f"{packed}{shown}".encode()).hexdigest()[:16],
        "items": shown,
        "key": packed,
        "needed": needed(),
        "told": TOLD,
    }
    return (
        _environment()
        .get_template("listening_page.html.jinja")
        .render(
            policy=_policy(script, style),
            style=style,
            script=script,
            facts=json.dumps(facts, ensure_ascii=False).replace("<", "\\u003c"),
            sentences=len(items),
            comparisons=len(clips[0]) - 1,
            needed=facts["needed"],
            told=TOLD,
        )
    )


def _policy(script: str, style: str) -> str:
    """The content security policy. `file:` is where the clips are when the page is opened so."""
    return (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "media-src 'self' file:; base-uri 'none'; form-action 'none'"
    )


def _hash(content: str) -> str:
    return f"sha256-{b64encode(sha256(content.encode()).digest()).decode()}"


def _part(suffix: str) -> str:
    name = f"listening_page.{suffix}"
    return (resources.files("onset.quality.listening") / name).read_text(encoding="utf-8")


def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("onset.quality.listening", "."),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
