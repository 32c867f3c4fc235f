"""Figures as the page writes them. What was not measured says so; it is never 0."""

from datetime import datetime

NOT_MEASURED = "not measured"


def milliseconds(value: float | None) -> str:
    """Milliseconds, to the tenth below ten."""
    if value is None:
        return NOT_MEASURED
    return f"{value:,.1f} ms" if abs(value) < 10 else f"{value:,.0f} ms"


def percent(share: float | None) -> str:
    """A share; 100 % only if it is all of them."""
    if share is None:
        return NOT_MEASURED
    return "100 %" if share == 1 else f"{min(100 * share, 99.9):.1f} %"


def plain(value: float | str | bool | None) -> str:
    """A number to two places without idle zeros, a word as it is."""
    if value is None:
        return NOT_MEASURED
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def megabytes(value: float | None) -> str:
    """Bytes as megabytes of 10^6."""
    return NOT_MEASURED if value is None else f"{value / 1e6:,.0f} MB"


def clock(at: float) -> str:
    """Unix time as time of day where the server is."""
    return datetime.fromtimestamp(at).strftime("%H:%M:%S")


def day_and_clock(at: float) -> str:
    """Unix time as day and minute where the server is."""
    return datetime.fromtimestamp(at).strftime("%Y-%m-%d %H:%M")


def capitalized(words: str) -> str:
    """As a sentence begins."""
    return words[:1].upper() + words[1:]
