"""Waits until a server is at rest again, as its health page tells."""

import asyncio
from time import monotonic, perf_counter_ns

from pydantic import ValidationError

from onset.bench.traffic.http_exchange import Endpoint, fetch
from onset.errors import ServerError
from onset.protocol.http_api import HEALTH_PATH, Health

IDLE_SECONDS = 300.0
"""Longest wait for a server to stop working after its listener has left."""

SETTLE_SECONDS = 0.3
"""Wait after every request, once the server says it is at rest or if it does not tell.

Its threads may spin for more work long after: right behind kokoro-onnx, the first graph of a
process that had nothing to do with it took 85 ms instead of 53, 0.3 s later 57
(docs/log/2026-11-22-behind-a-peer.md).
"""

ALONE_SECONDS = 0.05
"""The same where only one server, which tells when it is at rest, is measured."""


async def health(endpoint: Endpoint) -> Health:
    """What the server says of itself; nothing where it does not."""
    try:
        return Health.model_validate_json(await fetch(endpoint, HEALTH_PATH))
    except (ServerError, ValidationError):
        return Health()


async def wait_idle(endpoint: Endpoint, *, alone: bool = False) -> int | None:
    """Wait until the server says that nothing is being spoken, and that it settles.

    alone: no other server shares the machine. Gives the `perf_counter_ns` when it first said so,
    None when it does not tell. Raises ServerError after IDLE_SECONDS.
    """
    deadline = monotonic() + IDLE_SECONDS
    while monotonic() < deadline:
        streams, at_ns = (await health(endpoint)).active, perf_counter_ns()
        if not streams:
            tells = streams is not None
            await asyncio.sleep(ALONE_SECONDS if alone and tells else SETTLE_SECONDS)
            return at_ns if tells else None
        await asyncio.sleep(0.01)
    raise ServerError(f"{endpoint.host}:{endpoint.port} still works {IDLE_SECONDS:g} s later")
