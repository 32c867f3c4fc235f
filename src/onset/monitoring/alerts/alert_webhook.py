"""Sends notices to a URL, in the shape of Alertmanager's webhook (version 4). Waits for nobody."""

import json
import logging
import urllib.error
import urllib.request
from datetime import UTC, datetime
from email.message import Message
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import IO, Any

from onset.monitoring.alerts.alert_engine import AlertNotice

QUEUED = 32
"""Notices that may wait; more are dropped and counted."""

TRIES = 3

RETRY_SECONDS = 5.0
"""Between two tries."""

TIMEOUT_SECONDS = 5.0
"""For one try."""

NEVER = "0001-01-01T00:00:00Z"
"""The end of what has not ended, as Alertmanager writes it."""

_log = logging.getLogger("onset.server")


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect is a failure: notices go where the setting says, and nowhere else."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: Message,
        newurl: str,
    ) -> None:
        return None


class AlertWebhook:
    """Sends in a thread of its own. failed: notices that could not be sent."""

    def __init__(self, url: str) -> None:
        self.failed = 0
        self._url, self._queue = url, Queue[AlertNotice](QUEUED)
        self._closing = Event()
        self._opener = urllib.request.build_opener(_NoRedirects, urllib.request.ProxyHandler({}))
        self._thread = Thread(target=self._work, name="onset-alerts", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def close(self) -> None:
        """End; what waits gets one more try."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()

    def send(self, notice: AlertNotice) -> None:
        """Send a notice soon. Any thread may ask."""
        try:
            self._queue.put_nowait(notice)
        except Full:
            self.failed += 1

    def _work(self) -> None:
        while not (self._closing.is_set() and self._queue.empty()):
            try:
                notice = self._queue.get(timeout=0.2)
            except Empty:
                continue
            self._deliver(json.dumps(webhook_body(notice)).encode())

    def _deliver(self, body: bytes) -> None:
        headers = {"Content-Type": "application/json", "User-Agent": "onset"}
        for _ in range(TRIES):
            request = urllib.request.Request(self._url, body, headers, method="POST")
            try:
                self._opener.open(request, timeout=TIMEOUT_SECONDS).close()
                return
            except (OSError, ValueError) as error:  # HTTP errors are among them
                reason = type(error).__name__
            if self._closing.wait(RETRY_SECONDS):
                break
        self.failed += 1
        _log.error("An alert could not be sent to ONSET_ALERT_URL: %s", reason)


def webhook_body(notice: AlertNotice) -> dict[str, Any]:
    """The body: an alert alone in its group. It has figures and our own words, nobody else's."""
    rule, resolved = notice.rule, notice.state == "resolved"
    labels = {"alertname": rule.name, "severity": rule.severity, "service": "onset"}
    annotations = {"summary": rule.says, "description": notice.evidence, "check": rule.check}
    alert = {
        "status": notice.state,
        "labels": labels,
        "annotations": annotations,
        "startsAt": _written(notice.since),
        "endsAt": _written(notice.at) if resolved else NEVER,
        "generatorURL": "",
        "fingerprint": rule.name,
    }
    return {
        "version": "4",
        "groupKey": f"onset/{rule.name}",
        "truncatedAlerts": notice.held_back,
        "status": notice.state,
        "receiver": "onset",
        "groupLabels": {"alertname": rule.name},
        "commonLabels": labels,
        "commonAnnotations": annotations,
        "externalURL": "",
        "alerts": [alert],
    }


def _written(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")
