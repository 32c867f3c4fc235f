"""Text that is still being written: sent piece by piece over a WebSocket, as a model emits it.

No language model runs beside the measurement: the pieces come from a clock.
"""

import asyncio
from time import perf_counter_ns

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from onset.bench.records.recording import Recording
from onset.bench.traffic.http_exchange import CONNECT_SECONDS, Endpoint
from onset.bench.traffic.recorder import SILENCE_SECONDS, AnswerRecorder
from onset.errors import ServerError
from onset.protocol.http_api import PURPOSE, STREAM_PATH, SpeechRequest
from onset.protocol.websocket_messages import (
    Delta,
    Done,
    Failed,
    Start,
    UtteranceDone,
    UtteranceStarted,
    read_event,
)

TOKEN_CHARACTERS = 4
"""Of English text in a token of a language model, about; words are cut anywhere."""


async def dictate(
    endpoint: Endpoint, request: SpeechRequest, recorder: AnswerRecorder, tokens_per_second: float
) -> Recording:
    """Send the text token by token and note what arrives when. Never raises ServerError.

    The request counts as sent, and as due, with its first token; what was to be sent before the
    first sound came is then still being sent.
    """
    asked_ns = perf_counter_ns()
    failure = None
    try:
        async with _connection(endpoint) as socket:
            recorder.connected(perf_counter_ns())
            start = Start(voice=request.voice_id, speed=request.speed, exact=request.exact)
            await socket.send(start.json_text())
            writing = asyncio.create_task(
                _write(socket, request.input, recorder, tokens_per_second)
            )
            try:
                await _hear(socket, recorder)
            finally:
                writing.cancel()
                await asyncio.gather(writing, return_exceptions=True)
        recorder.complete()
    except (ServerError, WebSocketException, OSError) as error:
        failure = str(error) or f"{type(error).__name__}: "
    return recorder.recording(None, recorder.marks.get("first_token", asked_ns), failure)


async def takes_dictation(endpoint: Endpoint) -> str:
    """Why the server takes no text that is still being written; empty when it does."""
    try:
        async with _connection(endpoint):
            return ""
    except (ServerError, WebSocketException, OSError) as error:
        return f"the server takes no text that is still being written ({error})"


def _connection(endpoint: Endpoint) -> connect:
    scheme = "wss" if endpoint.tls else "ws"
    return connect(
        f"{scheme}://{endpoint.authority}{endpoint.prefix}{STREAM_PATH}",
        additional_headers={PURPOSE: "bench"} | {**endpoint.headers},
        ssl=endpoint.tls,
        compression=None,
        proxy=None,
        open_timeout=CONNECT_SECONDS,
        max_size=None,
    )


async def _write(
    socket: ClientConnection, text: str, recorder: AnswerRecorder, tokens_per_second: float
) -> None:
    loop = asyncio.get_running_loop()
    begin = loop.time()
    for number, at in enumerate(range(0, len(text), TOKEN_CHARACTERS)):
        await asyncio.sleep(max(0.0, begin + number / tokens_per_second - loop.time()))
        recorder.marks.setdefault("first_token", perf_counter_ns())
        await socket.send(Delta(delta=text[at : at + TOKEN_CHARACTERS]).json_text())
    recorder.marks["last_token"] = perf_counter_ns()
    await socket.send(Done().json_text())


async def _hear(socket: ClientConnection, recorder: AnswerRecorder) -> None:
    """Until the utterance is over. Raises ServerError when it is not spoken."""
    while True:
        try:
            async with asyncio.timeout(SILENCE_SECONDS):
                message = await socket.recv()
        except TimeoutError as error:
            raise ServerError(f"Nothing came for {SILENCE_SECONDS:g} s") from error
        at_ns = perf_counter_ns()
        if isinstance(message, bytes):
            recorder.received(at_ns, message)
            continue
        match read_event(message):
            case UtteranceStarted():
                recorder.answered(at_ns, 200, {})
            case UtteranceDone():
                return
            case Failed(error=refusal):
                raise ServerError(refusal.message)
