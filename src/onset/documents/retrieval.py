"""The bytes of a document: from a file, standard input or a web page, all of limited size."""

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import httpx

from onset.errors import AssetError, InvalidRequest, ServerError

LARGEST = 256 << 20
"""Bytes of a file: a PDF with many pictures. It is held in memory."""

LARGEST_ANSWER = 64 << 20
"""Bytes that a web server may answer."""

TIMEOUT = httpx.Timeout(20.0, connect=10.0)
"""Seconds between two pieces of an answer."""

MOST_REDIRECTS = 10

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(//)?")

STANDARD_INPUT = "-"


@dataclass(frozen=True, slots=True)
class Retrieved:
    """What was read. name: of the file, or the address. media: the content type, None if untold."""

    data: bytes
    name: str
    media: str | None = None


def retrieve(source: str, stdin: BinaryIO | None = None) -> Retrieved:
    """The bytes that a file, an http(s) address, or `-` for standard input names.

    Raises InvalidRequest for what is none of them or too large, AssetError for a file that cannot
    be read, ServerError for a page that does not come.
    """
    if source == STANDARD_INPUT:
        taken = (stdin or sys.stdin.buffer).read(LARGEST + 1)
        return Retrieved(_limited(taken, "Standard input"), "standard input")
    scheme = _SCHEME.match(source)
    if scheme and (scheme[2] or scheme[1].lower() in ("http", "https", "file", "mailto", "data")):
        return _page(source, scheme[1].lower())
    return _file(Path(source))


def _file(path: Path) -> Retrieved:
    try:
        with path.open("rb") as file:
            return Retrieved(_limited(file.read(LARGEST + 1), str(path)), str(path))
    except IsADirectoryError as error:
        raise AssetError(f"{path} is a folder. Name a file in it.") from error
    except FileNotFoundError as error:
        raise AssetError(f"There is no file {path}.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise AssetError(f"Cannot read {path}: {reason}.") from error


def _limited(data: bytes, what: str) -> bytes:
    if len(data) > LARGEST:
        raise InvalidRequest(f"{what} has more than {LARGEST >> 20} MB, the most read.", "source")
    return data


def _page(url: str, scheme: str) -> Retrieved:
    """What a web server answers, followed through redirects."""
    if scheme not in ("http", "https"):
        message = f"{url}: only http:// and https:// addresses are read."
        raise InvalidRequest(f"{message} Give a file by its path.", "source")
    try:
        with (
            httpx.Client(
                timeout=TIMEOUT, follow_redirects=True, max_redirects=MOST_REDIRECTS
            ) as client,
            client.stream("GET", url, headers={"User-Agent": "onset-read"}) as answer,
        ):
            if not answer.is_success:
                status = f"{answer.status_code} {answer.reason_phrase}".strip()
                message = f"{url} answered {status}. Open it in a browser to see why."
                raise ServerError(message, answer.status_code)
            data = bytearray()
            for piece in answer.iter_bytes():
                data += piece
                if len(data) > LARGEST_ANSWER:
                    most = f"more than {LARGEST_ANSWER >> 20} MB, the most read"
                    raise InvalidRequest(f"{url} answers {most}. Download it first.", "source")
            media = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            return Retrieved(bytes(data), str(answer.url), media or None)
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
        reason = str(error) or type(error).__name__
        message = f"{url} cannot be read: {reason}. Check the address and the network."
        raise ServerError(message) from error
