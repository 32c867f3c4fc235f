"""Listens to one answer and notes every arrival; only the recording of it is stored."""

import asyncio
import hashlib
import json
from collections.abc import Mapping
from time import perf_counter_ns

from pydantic import ValidationError

from onset.audio.onset_detection import OnsetDetector
from onset.bench.records.plan import Extent
from onset.bench.records.recording import Recording, RequestOutcome
from onset.bench.traffic.decoding import MOST_BYTES, decode
from onset.bench.traffic.http_exchange import Endpoint, ExchangeListener, exchange
from onset.errors import ServerError
from onset.protocol.http_api import (
    CACHE_STATUS,
    DECODE,
    PURPOSE,
    SERVER_TIMING,
    SPEECH_PATH,
    ErrorBody,
    SpeechRequest,
    announced_rate,
)
from onset.protocol.wav import PcmReader
from onset.types import SAMPLE_BYTES

SILENCE_SECONDS = 60.0
"""Longest wait for the next byte, so also for the first."""

MOST_REFUSAL_BYTES = 65_536


class AnswerRecorder(ExchangeListener):
    """Collects one request's arrivals while they come; see ExchangeListener.

    extent: ONSET has enough at the audible onset. cancel_after: seconds of audio after which the
    listener leaves, marked "cancelled". audio: a `response_format`; one that has to be decoded
    first is always heard to its end.
    """

    def __init__(
        self,
        extent: Extent = Extent.WHOLE,
        cancel_after: float | None = None,
        audio: str | None = None,
    ) -> None:
        self._extent, self._cancel_after = extent, cancel_after
        self.compressed = audio not in ("pcm", "wav", None)
        self._received: list[tuple[int, bytes]] = []
        self._reader = PcmReader()
        self._finder: OnsetDetector | None = None
        self._arrivals: list[tuple[int, int]] = []
        self._samples = self._size = 0
        self._digest = hashlib.sha256()
        self._refusal = b""
        self._status: int | None = None
        self._headers: Mapping[str, str] = {}
        self._headers_ns: int | None = None
        self._outcome = RequestOutcome.COMPLETE
        self.marks: dict[str, int] = {}

    def connected(self, at_ns: int) -> None:
        self.marks["connected"] = at_ns

    def answered(self, at_ns: int, status: int, headers: Mapping[str, str]) -> None:
        self._headers_ns, self._status, self._headers = at_ns, status, headers
        self._reader = PcmReader(announced_rate(headers))

    def received(self, at_ns: int, data: bytes) -> bool:
        if self._refused:
            self._refusal += data
            return len(self._refusal) < MOST_REFUSAL_BYTES
        self.marks.setdefault("first_bytes", at_ns)
        if self.compressed:
            self._received.append((at_ns, data))
            self._digest.update(data)
            self._size += len(data)
            return self._size < MOST_BYTES
        if not (pcm := self._reader.feed(data)):
            return True
        self._arrivals.append((at_ns, len(pcm) // SAMPLE_BYTES))
        self._samples += len(pcm) // SAMPLE_BYTES
        self._digest.update(pcm)
        self._finder = self._finder or OnsetDetector(self._reader.sample_rate)
        self._finder.feed(pcm)
        audible, heard = self._onset is not None, self._samples / self._reader.sample_rate
        if self._extent is Extent.ONSET and audible:
            self._outcome = RequestOutcome.STOPPED
        if self._cancel_after is not None and audible and heard >= self._cancel_after:
            self._outcome = RequestOutcome.STOPPED
            self.marks["cancelled"] = perf_counter_ns()
        return self._outcome is RequestOutcome.COMPLETE

    def complete(self) -> None:
        """Say that the exchange came to its end. Raises ServerError if the answer is no answer."""
        if self._refused:
            raise ServerError(f"{self._status}: {_reason(self._refusal)}", self._status)
        if self.compressed:
            decoded = decode(self._received)
            self._received = []
            self._arrivals = list(decoded.arrivals)
            self._reader = PcmReader(decoded.sample_rate)
            self._finder = OnsetDetector(decoded.sample_rate)
            self._finder.feed(decoded.pcm)
        elif self._outcome is RequestOutcome.COMPLETE:
            self._reader.finish()
        if self._onset is None:
            raise ServerError("no audible sound")

    def recording(self, due_ns: int | None, sent_ns: int, failure: str | None) -> Recording:
        """All that was noted. failure: the reason of a failed request, None when all went well."""
        return Recording(
            due_ns=sent_ns if due_ns is None else due_ns,
            sent_ns=sent_ns,
            headers_ns=self._headers_ns,
            ended_ns=perf_counter_ns(),
            status=self._status,
            arrivals=tuple(self._arrivals),
            sample_rate=self._reader.sample_rate,
            onset=self._onset,
            outcome=self._outcome if failure is None else RequestOutcome.FAILED,
            detail=failure or "",
            server_timing=self._headers.get(SERVER_TIMING.lower(), ""),
            decode=self._headers.get(DECODE.lower(), ""),
            cache=self._headers.get(CACHE_STATUS.lower(), ""),
            sha256=self._digest.hexdigest() if self._arrivals else "",
            marks=self.marks,
        )

    @property
    def _refused(self) -> bool:
        return self._status is not None and self._status >= 300

    @property
    def _onset(self) -> int | None:
        return self._finder.sample if self._finder else None


async def listen(
    endpoint: Endpoint,
    request: SpeechRequest,
    recorder: AnswerRecorder,
    *,
    due_ns: int | None = None,
    headers: Mapping[str, str] | None = None,
    silence: float = SILENCE_SECONDS,
) -> Recording:
    """Send one request over a new connection and note what arrives when. Never raises ServerError.

    due_ns None: it is due when it is sent. A failure is a recording with what came until then; a
    success without an audible onset is a failure too.
    """
    # Only the fields that are set: a strict server refuses fields that are ours alone.
    body = {"model": request.model} | request.model_dump(exclude_defaults=True)
    told = {PURPOSE: "bench", **(headers or {})}
    message = endpoint.message(SPEECH_PATH, told, json.dumps(body, separators=(",", ":")).encode())
    sent_ns, failure = perf_counter_ns(), None
    try:
        await exchange(endpoint, message, recorder, silence)
        if recorder.compressed:  # decoding takes a while that others would be late for
            await asyncio.to_thread(recorder.complete)
        else:
            recorder.complete()
    except ServerError as error:
        failure = str(error)
    return recorder.recording(due_ns, sent_ns, failure)


def record(
    url: str,
    request: SpeechRequest,
    *,
    extent: Extent = Extent.WHOLE,
    due_ns: int | None = None,
) -> Recording:
    """`listen`, from outside of an event loop. Raises ServerError for what is no address."""

    async def once() -> Recording:
        endpoint = await Endpoint.of(url)
        recorder = AnswerRecorder(extent, audio=request.response_format)
        return await listen(endpoint, request, recorder, due_ns=due_ns)

    return asyncio.run(once())


def _reason(refusal: bytes) -> str:
    text = refusal.decode("utf-8", "replace")
    try:
        return ErrorBody.model_validate_json(text).error.message
    except ValidationError:
        return text[:200] or "no reason given"
