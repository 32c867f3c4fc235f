"""Texts that break readers of text: bytes, marks, repetition, notation without an end."""

import random
import time
import unicodedata
from collections.abc import Iterator

import httpx

from attack.findings import Finding, Part
from attack.servers import Server, served

SECONDS_A_TEXT = 20.0
"""Most CPU time for a text of at most LONGEST characters, by a model that costs nothing: a machine
that does something else as well is no fault of a text. 3,000 characters of no word take 5 s."""

PATIENCE = 300.0
"""Seconds until an answer is given up."""

LONGEST = 3000

VOICES = (
    *("af_heart", "bf_emma", "ef_dora", "ff_siwis", "hf_alpha", "if_sara", "pf_dora"),
    *("zf_xiaobei", "jf_alpha"),
)
"""One of each language."""


def unicode_noise(chance: random.Random) -> str:
    """Any characters, also unassigned ones."""
    points = (chance.randrange(0x110000) for _ in range(chance.randrange(1, 120)))
    return "".join(chr(point) for point in points if not 0xD800 <= point < 0xE000)


def one_sign_often(chance: random.Random) -> str:
    """One sign or notation up to LONGEST characters, without an end."""
    signs = [
        "(",
        "[",
        "<",
        "$",
        "\\(",
        "`",
        "*",
        "_",
        "#",
        "1",
        "9,",
        "1.",
        "-",
        "/",
        "a",
        "A",
        "é",
    ]
    signs += [
        "]( ",
        "[a](/",
        "&amp;",
        "&#",
        "<b>",
        "$x_",
        "\\frac{",
        "{",
        "\n",
        "\t",
        " ",
        "0x",
        "1/",
    ]
    signs += [
        "🦊",
        "👩‍👩‍👧",
        "\u0301",
        "\u200d",
        "\u202e",
        "\ufeff",
        "\u00ad",
        "字",
        "ア",
        "ا",
        "12:",
        "€",
    ]
    sign = chance.choice(signs)
    return (sign * LONGEST)[: chance.choice([1, 2, 17, 300, LONGEST])]


def mixtures(chance: random.Random) -> str:
    """Words, numbers, notation and marks in any order."""
    parts = ["The", "harbour", "3.14", "$5", "1/2", "2024-02-30", "25:61", "http://a..b", "a@b"]
    parts += ["[x](/ɪ/)", "```", "| a |", "<td>", "&nbsp;", "IV", "№", "½", "...", "?!", "\u2028"]
    return "".join(chance.choice(parts) + chance.choice(["", " ", "\n", "."]) for _ in range(40))


def long_words(chance: random.Random) -> str:
    """A word, or digits, of up to LONGEST characters."""
    letters = chance.choice(["a", "bcdf", "0123456789", "AbC", "中文", "ひら", "हिन्दी", "x1"])
    return "".join(chance.choice(letters) for _ in range(chance.choice([40, 400, LONGEST])))


def characters_by_name(chance: random.Random) -> str:
    """Letters and signs of one script beside each other."""
    start = chance.randrange(0, 0x2FA00, 64)
    block = [chr(point) for point in range(start, start + 64) if not 0xD800 <= point < 0xE000]
    return " ".join(one for one in block if unicodedata.name(one, ""))


KINDS = (unicode_noise, one_sign_often, mixtures, long_words, characters_by_name)


def spoken(server: Server, text: str, voice: str) -> tuple[float, str | None]:
    """CPU seconds of an answer, and what was wrong with it; None if nothing was."""
    before = server.cpu
    try:
        answer = httpx.post(
            server.url + "/v1/audio/speech",
            json={"input": text, "voice": voice, "stream": False},  # as fast as it can be made
            timeout=PATIENCE,
        )
    except httpx.HTTPError as error:
        return server.cpu - before, f"{type(error).__name__}: {text[:30]!a}"
    took = server.cpu - before
    if answer.status_code not in (200, 400):
        return took, f"{answer.status_code}: {text[:30]!a}"
    return took, f"{took:.1f} s of CPU: {text[:30]!a}" if took > SECONDS_A_TEXT else None


def tried(server: Server, seconds: float, seed: int) -> Iterator[Finding]:
    """Each kind of text for its share of the time."""
    for number, kind in enumerate(KINDS):
        chance, found = random.Random(seed + number), Finding(kind.__name__)
        told, end, slowest = server.tracebacks, time.monotonic() + seconds / len(KINDS), 0.0
        while time.monotonic() < end or not found.tries:
            voice = chance.choice(VOICES) if chance.random() < 0.3 else VOICES[0]
            took, fault = spoken(server, kind(chance), voice)
            slowest = max(slowest, took)
            found.faults += [] if fault is None else [fault]
            found.tries += 1
        if server.tracebacks > told:
            found.faults.append(f"{server.tracebacks - told} tracebacks")
        found.figures = f"slowest {slowest:.1f} s of CPU"
        yield found


def attack(seconds: float, seed: int) -> Iterator[Finding]:
    """All kinds, through everything but the model's weights."""
    with served() as server:
        for voice in VOICES:  # to load a language is no fault of a text
            spoken(server, "a", voice)
        yield from tried(server, seconds, seed)


def control() -> bool:
    """A server that has no such route."""
    with served() as server:
        lost = Server(
            server.url + "/nowhere", server.port, server.wyoming, server.process, server.log
        )
        return all(found.faults for found in tried(lost, 0.0, 1))


PART = Part("texts", attack, control)
