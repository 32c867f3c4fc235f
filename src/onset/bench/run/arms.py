"""The arms of a run: how they are written on the command line, and how they are started.

http://host:port?model=tts-1&voice=alloy   any OpenAI-compatible server; the query is ours
onset   onset:exact   onset:plan=fast   onset:threads=1,voice=af_bella   a server of ours
kokoro-onnx   kokoro-onnx-clause   piper   streaming-vits   hibari   a Python library as a peer
runs/20260101-quick   runs/20260101-quick@piper   an arm of a recorded run, the first or this
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

from onset.bench.records.plan import Arm, TextCut
from onset.bench.records.run_folder import MANIFEST
from onset.bench.run.processes import StartedServer, onset_server, peer
from onset.config import PREFIX, Settings
from onset.errors import InvalidRequest

ONSET = "onset"
KOKORO = "kokoro-onnx"
CLAUSE = "kokoro-onnx-clause"
PIPER = "piper"
STREAMING_VITS = "streaming-vits"
HIBARI = "hibari"

PEERS = {
    KOKORO: "onset.bench.peers.kokoro_onnx_peer",
    CLAUSE: "onset.bench.peers.kokoro_onnx_peer",
    PIPER: "onset.bench.peers.piper_peer",
    STREAMING_VITS: "onset.bench.peers.streaming_vits_peer",
    HIBARI: "onset.bench.peers.hibari_peer",
}
"""Modules that serve a Python library. CLAUSE is given first clauses only: the best that a
splitter by clause can do."""

CHOICES = (
    "the URL of a speech server, onset, onset:exact, onset:SETTING=VALUE, "
    f"{', '.join(PEERS)}, or the folder of a run, with @ARM for another than its first"
)

EXACT = "exact"
"""The flag of a request, among the settings of a server."""

PLAN, MODE = "plan", PREFIX + "MODE"
"""A flag, and the setting that it is short for: the plan of all requests."""

DEFAULT_VOICE = "af_heart"
"""Of every arm that speaks with Kokoro."""


@dataclass(frozen=True, slots=True)
class ArmSpec(Arm):
    """An arm as it was asked for: a folder, a library, a url, or else a server of ours to start.

    url: empty where something has to be started. arm: which of a folder's. spoken: the voice of a
    library's process. kokoro_file: the library's model.
    """

    url: str = ""
    folder: Path | None = None
    arm: str | None = None
    library: str | None = None
    spoken: str = DEFAULT_VOICE
    kokoro_file: Path | None = None


def parse_arm(text: str, voice: str | None = None, kokoro_file: Path | None = None) -> ArmSpec:
    """What `text` means. voice: unless it names one. Raises InvalidRequest, listing the choices."""
    if text.startswith(("http://", "https://")):
        spec = _parse_url(text)
        return replace(spec, voice=spec.voice or voice)
    voice = voice or DEFAULT_VOICE
    if text in PEERS:
        cut = TextCut.FIRST_CLAUSE if text == CLAUSE else TextCut.WHOLE
        return ArmSpec(
            text, said=cut, few_long=True, library=text, spoken=voice, kokoro_file=kokoro_file
        )
    name, _, flags = text.partition(":")
    if name == ONSET:
        return _parse_flags(text, flags, voice)
    path, _, arm = text.rpartition("@")
    for folder, wanted in ((Path(text), None), (Path(path or "."), arm)):
        if (folder / MANIFEST).is_file() and (wanted is None or path):
            return ArmSpec(text, folder=folder, arm=wanted)
    raise InvalidRequest(f"{text!r} cannot be compared. Choices: {CHOICES}.", "arm")


def distinct(specs: Sequence[ArmSpec]) -> list[ArmSpec]:
    """The same arms under names of their own: the second "onset" is "onset#2"."""
    names = [spec.name for spec in specs]
    counts = [names[:number].count(name) + 1 for number, name in enumerate(names)]
    return [
        spec if count == 1 else replace(spec, name=f"{spec.name}#{count}")
        for spec, count in zip(specs, counts, strict=True)
    ]


@contextmanager
def open_arms(specs: Sequence[ArmSpec]) -> Iterator[list[Arm]]:
    """Start what does not run yet; everything started is stopped when the block is left.

    Different arms of one library share its process; the same arm again gets another process.
    Raises ServerError, and InvalidRequest for an arm of a recorded run.
    """
    with ExitStack() as stack:
        started: dict[tuple[str, int], StartedServer] = {}
        arms: list[Arm] = []
        for number, spec in enumerate(specs):
            if spec.folder is not None:
                raise InvalidRequest(f"{spec.name!r} is a recorded run: nothing can be asked.")
            if spec.url:
                arms.append(spec)
                continue
            again = sum(other.library == spec.library for other in specs[:number])
            key = (PEERS.get(spec.library or "", spec.name), again)
            if key not in started:
                started[key] = stack.enter_context(_start(spec))
            arms.append(replace(spec, url=started[key].url, pid=started[key].pid))
        yield arms


def _start(spec: ArmSpec) -> AbstractContextManager[StartedServer]:
    if spec.library is None:
        return onset_server(spec.settings)
    options = []
    if spec.library in (KOKORO, CLAUSE):
        options = ["--voice", spec.spoken]
        options += ["--model", str(spec.kokoro_file)] if spec.kokoro_file else []
    return peer(PEERS[spec.library], options)


def _parse_url(text: str) -> ArmSpec:
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL as error:
        raise InvalidRequest(f"{text!r} is no URL: {error}. Choices: {CHOICES}.") from error
    query = dict(url.params)
    unknown = sorted(query.keys() - {"model", "voice", EXACT})
    if unknown or not url.host:
        what = f"the query {unknown[0]}" if unknown else "a URL without a host"
        raise InvalidRequest(f"{text!r} has {what}. Choices: model, voice, exact.", "arm")
    exact = query.get(EXACT, "") not in ("", "0", "false")
    plain = str(url.copy_with(query=None, fragment=None)).rstrip("/")
    return ArmSpec(text, url=plain, model=query.get("model"), voice=query.get("voice"), exact=exact)


def _parse_flags(text: str, flags: str, voice: str) -> ArmSpec:
    settings, exact = {}, False
    for flag in filter(None, flags.split(",")):
        key, _, value = flag.partition("=")
        if key == EXACT and not value:
            exact = True
        elif key == "voice" and value:
            voice = value
        elif key in Settings.model_fields and value:
            settings[PREFIX + key.upper()] = value
        elif key == PLAN and value:
            settings[MODE] = value
        else:
            known = ", ".join([EXACT, PLAN, *Settings.model_fields])
            raise InvalidRequest(f"{text!r}: {flag!r} is no setting. Choices: {known}.", "arm")
    return ArmSpec(text, exact=exact, voice=voice, settings=settings)
