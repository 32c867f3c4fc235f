"""A page in headless Chromium, driven as a person would: keys are pressed, text is read.

It speaks the browser's DevTools protocol over a WebSocket. Nothing is mocked.
"""

import json
import os
import re
import shutil
import subprocess
import time
from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

from processes import killed_at_the_end

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")

REQUIRED = os.environ.get("BROWSER_TESTS") == "required"
"""Whether a test may not be left out where there is no browser: so it is where changes are judged.
"""

needs_browser = pytest.mark.skipif(
    CHROMIUM is None and not REQUIRED, reason="there is no Chromium (Debian: chromium)"
)

PATIENCE = 30.0
"""Seconds until what is waited for has to be so."""

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--remote-debugging-port=0",
)


class BrowserPage:
    """A tab. requests: the addresses it asked for. complaints: what it logged, errors of policy."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection, self._number, self._session = connection, 0, ""
        self.requests, self.complaints = list[str](), list[str]()
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        found = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = found["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        self._connection.send(json.dumps(message))
        while True:
            received = json.loads(self._connection.recv(timeout=PATIENCE))
            if received.get("id") == self._number:
                assert "error" not in received, received
                answer: dict[str, Any] = received["result"]
                return answer
            self._note(received)

    def _note(self, event: dict[str, Any]) -> None:
        params = event.get("params", {})
        if event["method"] == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif event["method"] == "Log.entryAdded":
            self.complaints.append(params["entry"]["text"])
        elif event["method"] == "Runtime.exceptionThrown":
            self.complaints.append(params["exceptionDetails"]["text"])

    def open(self, path: Path) -> None:
        """Show a file, again if it is there already."""
        self.visit(path.as_uri())

    def visit(self, url: str) -> None:
        """Show what is at an address, again if it is there already."""
        self.value("window.left = true")
        self.call("Page.navigate", url=url)
        self.until("!window.left && document.readyState === 'complete'")

    def value(self, expression: str) -> Any:
        """What an expression is in the page."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def awaited(self, expression: str) -> Any:
        """What a promise comes to."""
        asked = {"expression": expression, "returnByValue": True, "awaitPromise": True}
        found = self.call("Runtime.evaluate", **asked)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def until(self, expression: str) -> None:
        """Wait until it is true."""
        end = time.monotonic() + PATIENCE
        while not self.value(expression):
            assert time.monotonic() < end, f"never so: {expression}; {self.complaints}"
            time.sleep(0.02)

    def text(self, id: str) -> str:
        """What is shown of an element."""
        return str(self.value(f"document.getElementById({id!r}).innerText"))

    def press(self, key: str) -> None:
        code = 32 if key == " " else ord(key.upper())
        named = {"key": key, "windowsVirtualKeyCode": code, "text": key}
        self.call("Input.dispatchKeyEvent", type="keyDown", **named)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)

    def tab(self) -> None:
        """Go to what comes next, as the key does."""
        named = {"key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9}
        self.call("Input.dispatchKeyEvent", type="rawKeyDown", **named)
        self.call("Input.dispatchKeyEvent", type="keyUp", **named)

    def click(self, id: str) -> None:
        self.value(f"document.getElementById({id!r}).click()")

    def press_button(self, id: str) -> None:
        """Press Enter on it, as a person does: sound needs that."""
        self.value(f"document.getElementById({id!r}).focus()")
        named = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"}
        self.call("Input.dispatchKeyEvent", type="keyDown", **named)
        self.call("Input.dispatchKeyEvent", type="keyUp", **named)

    def look(self, width: int, height: int, *, dark: bool = False) -> None:
        """Have a window of that size, in light or dark colours."""
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.call("Emulation.setEmulatedMedia", features=scheme)
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", **size)

    def screenshot(self, path: Path, width: int, height: int, *, dark: bool = False) -> None:
        self.look(width, height, dark=dark)
        path.write_bytes(b64decode(self.call("Page.captureScreenshot")["data"]))


@contextmanager
def browser_page(
    profile: Path, environment: Mapping[str, str] | None = None
) -> Iterator[BrowserPage]:
    """A tab of a browser of its own, which keeps its things in the folder `profile`.

    environment: what it gets besides ours; with a PULSE_SERVER in it, it plays there.
    """
    assert CHROMIUM is not None
    process = subprocess.Popen(
        [CHROMIUM, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **(environment or {})},
    )
    with killed_at_the_end(process):
        assert process.stderr is not None
        for line in process.stderr:
            if found := re.search(r"ws://\S+", line):
                break
        else:
            raise AssertionError("The browser did not start.")
        # No pings: what a page tells while a test waits elsewhere is read, and answered, later.
        with connect(found[0], max_size=None, proxy=None, ping_interval=None) as connection:
            page = BrowserPage(connection)
            yield page
            connection.send(json.dumps({"id": 0, "method": "Browser.close"}))
            process.wait(PATIENCE)
