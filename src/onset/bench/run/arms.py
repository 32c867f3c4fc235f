"""The sides of a comparison: who can be asked, and how each is started and ended.

Knows nothing of what they are asked.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from pathlib import Path

from onset.bench.records.plan import Arm, TextCut
from onset.bench.run.processes import onset_server, peer

ONSET = "onset"
KOKORO = "kokoro-onnx"
CLAUSE = "kokoro-onnx-clause"
PIPER = "piper"


class Peer(StrEnum):
    """What can be compared with. KOKORO comes with CLAUSE, the best a clause splitter can do."""

    KOKORO = KOKORO
    PIPER = PIPER


@contextmanager
def open_sides(
    url: str | None,
    compare: Sequence[Peer] = (),
    voice: str | None = None,
    model: Path | None = None,
    pid: int | None = None,
) -> Iterator[list[Arm]]:
    """Start what is to be measured; everything started is stopped when the block is left.

    url: a running server of ours, or None to start one. voice: for the sides that speak with
    Kokoro. model: another Kokoro file for the peer. pid: process of the server at `url`. The
    arm that is measured is the first. Raises ServerError.
    """
    with ExitStack() as stack:
        arms = [stack.enter_context(onset_arm(voice=voice, url=url, pid=pid))]
        if Peer.KOKORO in compare:
            arms += stack.enter_context(kokoro_arms(voice or "af_heart", model))
        if Peer.PIPER in compare:
            arms.append(stack.enter_context(piper_arm()))
        yield arms


@contextmanager
def onset_arm(
    name: str = ONSET,
    *,
    voice: str | None = None,
    url: str | None = None,
    pid: int | None = None,
    settings: Mapping[str, str] | None = None,
    exact: bool = False,
) -> Iterator[Arm]:
    """A server of ours: the one at `url`, else one that is started with `settings`."""
    kept = dict(settings or {})
    if url is not None:
        yield Arm(name, url, kept, voice=voice, exact=exact, pid=pid)
        return
    with onset_server(kept) as started:
        yield Arm(name, started.url, kept, voice=voice, exact=exact, pid=started.pid)


@contextmanager
def kokoro_arms(voice: str = "af_heart", model: Path | None = None) -> Iterator[list[Arm]]:
    """kokoro-onnx given whole texts, and given only their first clauses; one process."""
    options = ["--voice", voice] + (["--model", str(model)] if model else [])
    with peer("onset.bench.peers.kokoro_onnx_peer", options) as started:
        whole = Arm(KOKORO, started.url, few_long=True, pid=started.pid)
        clause = Arm(CLAUSE, started.url, said=TextCut.FIRST_CLAUSE, few_long=True, pid=started.pid)
        yield [whole, clause]


@contextmanager
def piper_arm() -> Iterator[Arm]:
    """Piper with the voice of the package in the `peers` extra."""
    with peer("onset.bench.peers.piper_peer") as started:
        yield Arm(PIPER, started.url, few_long=True, pid=started.pid)
