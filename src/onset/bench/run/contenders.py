"""Who can be compared, as it is written on the command line, and how each is started.

    http://host:port?model=tts-1&voice=alloy   any OpenAI-compatible server; the query is ours
    onset   onset:exact   onset:threads=1,voice=af_bella   a server of ours, with settings
    kokoro-onnx   kokoro-onnx-clause   piper   a Python library as a peer
    runs/20260101-quick   runs/20260101-quick@piper   an arm of a recorded run, the first or this

Knows nothing of what is asked, or of what comes of it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx

from onset.bench.records.plan import Arm
from onset.bench.records.run_folder import MANIFEST
from onset.bench.run.arms import CLAUSE, KOKORO, ONSET, PIPER, kokoro_arms, onset_arm, piper_arm
from onset.config import PREFIX, Settings
from onset.errors import InvalidRequest

CHOICES = (
    "the URL of a speech server, onset, onset:exact, onset:SETTING=VALUE, "
    f"{KOKORO}, {CLAUSE}, {PIPER}, or the folder of a run, with @ARM for another than its first"
)

EXACT = "exact"
"""The flag of a request, among the settings of a server."""

DEFAULT_VOICE = "af_heart"
"""Of every side that speaks with Kokoro."""


@dataclass(frozen=True, slots=True)
class Contender:
    """One side as it was asked for. One of url, folder and library is given."""

    name: str
    url: str | None = None
    folder: Path | None = None
    library: str | None = None
    arm: str | None = None
    model: str | None = None
    voice: str | None = None
    exact: bool = False
    settings: dict[str, str] = field(default_factory=dict)


def contender(written: str) -> Contender:
    """What `written` means. Raises InvalidRequest, listing the choices."""
    if written.startswith(("http://", "https://")):
        return _of_url(written)
    name, _, flags = written.partition(":")
    if name == ONSET:
        return _of_flags(written, flags)
    if written in (KOKORO, CLAUSE, PIPER):
        return Contender(written, library=written)
    path, _, arm = written.rpartition("@")
    for folder, wanted in ((Path(written), None), (Path(path or "."), arm)):
        if (folder / MANIFEST).is_file() and (wanted is None or path):
            return Contender(written, folder=folder, arm=wanted)
    raise InvalidRequest(f"{written!r} cannot be compared. Choices: {CHOICES}.", "arm")


def two(first: str, second: str) -> tuple[Contender, Contender]:
    """Both sides, told apart: a side against itself is "onset" and "onset#2"."""
    a, b = contender(first), contender(second)
    return a, replace(b, name=f"{b.name}#2") if a.name == b.name else b


@contextmanager
def opened(side: Contender, voice: str | None = None) -> Iterator[Arm]:
    """Start it where it does not run yet, and end it after the block. Raises ServerError."""
    voice = side.voice or voice
    if side.url is not None:
        yield Arm(side.name, side.url, model=side.model, voice=voice)
    elif side.library == PIPER:
        with piper_arm() as arm:
            yield replace(arm, name=side.name)
    elif side.library is not None:
        with kokoro_arms(voice or DEFAULT_VOICE) as arms:
            (found,) = [arm for arm in arms if arm.name == side.library]
            yield replace(found, name=side.name)
    else:
        kokoro = voice or DEFAULT_VOICE
        with onset_arm(
            side.name, voice=kokoro, settings=side.settings, exact=side.exact
        ) as arm:  # fmt: skip
            yield arm


def _of_url(written: str) -> Contender:
    try:
        url = httpx.URL(written)
    except httpx.InvalidURL as error:
        raise InvalidRequest(f"{written!r} is no URL: {error}. Choices: {CHOICES}.") from error
    query = dict(url.params)
    unknown = sorted(query.keys() - {"model", "voice", EXACT})
    if unknown or not url.host:
        what = f"the query {unknown[0]}" if unknown else "a URL without a host"
        raise InvalidRequest(f"{written!r} has {what}. Choices: model, voice, exact.", "arm")
    exact = query.get(EXACT, "") not in ("", "0", "false")
    plain = str(url.copy_with(query=None, fragment=None)).rstrip("/")
    return Contender(
        written, url=plain, model=query.get("model"), voice=query.get("voice"), exact=exact
    )


def _of_flags(written: str, flags: str) -> Contender:
    settings, exact, voice = {}, False, None
    for flag in filter(None, flags.split(",")):
        key, _, value = flag.partition("=")
        if key == EXACT and not value:
            exact = True
        elif key == "voice" and value:
            voice = value
        elif key in Settings.model_fields and value:
            settings[PREFIX + key.upper()] = value
        else:
            known = ", ".join([EXACT, *Settings.model_fields])
            raise InvalidRequest(f"{written!r}: {flag!r} is no setting. Choices: {known}.", "arm")
    return Contender(written, exact=exact, voice=voice, settings=settings)
