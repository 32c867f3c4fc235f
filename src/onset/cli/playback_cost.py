"""`onset play --measure`: what playing costs, as verdicts for people and a line of JSON."""

import json
from dataclasses import dataclass
from typing import Any

import typer

from onset.cli.progress import tell
from onset.config import Settings
from onset.playback.benchmark import PlaybackCost, measure
from onset.protocol.playback_frames import Say
from onset.stats.quantiles import median

PROSE = " ".join(
    f"{count} ships left the harbour before the morning, and nobody asked where they went. "
    "The old clerk wrote their names into the book, closed it, and walked home along the quay."
    for count in ("Three", "Seven", "Twelve", "Twenty", "Forty", "A hundred")
)
"""What a server is asked to say while its playing is measured."""

SLOWEST_SOURCE = 0.9
"""Times real time. With a server that is slower, a run shows nothing of the daemon."""


@dataclass(frozen=True, slots=True)
class MeasureOptions:
    """What to measure. seconds: of audio. server: a URL, None for a sound made here. pace: of the
    null device's clock, in times real time. load: a share of each core that others take."""

    seconds: float
    server: str | None
    pace: int
    load: float


def measure_playback(settings: Settings, options: MeasureOptions) -> None:
    """Measure and print. Raises typer.Exit with code 1 if a promise was missed, and OnsetError."""
    key = None if settings.api_key is None else settings.api_key.get_secret_value()
    say = None if options.server is None else Say(text=PROSE, url=options.server, key=key)
    cost = measure(options.seconds, settings.device, say, pace=options.pace, load=options.load)
    verdicts = cost.verdicts()
    for promise, held in verdicts.items():
        typer.echo(f"{'held' if held else 'MISSED':7}{promise}")
    received, silent = cost.counters["received_s"], cost.counters["stalled_s"]
    if options.server is not None and received < SLOWEST_SOURCE * cost.seconds:
        tell(
            f"The server gave {received:.1f} s of audio in {cost.seconds:.0f} s, slower than "
            f"it is spoken: {silent:.1f} s were silent. That is the server's, or its machine's."
        )
    typer.echo(json.dumps(_figures(cost, options.server) | {"verdicts": verdicts}))
    if not all(verdicts.values()):
        raise typer.Exit(1)


def _figures(cost: PlaybackCost, server: str | None) -> dict[str, Any]:
    return {
        "schema": 1,
        "measure": "playback",
        "source": server or "sound at twice the pace",
        "device": cost.device,
        "pace": cost.pace,
        "seconds": round(cost.seconds, 1),
        "cpu_percent": _scaled(100, cost.cpu),
        "others_percent_of_each_core": _scaled(100, cost.load),
        "rss_first_mb": _scaled(1e-6, cost.rss[0][1] if cost.rss else None),
        "rss_last_mb": _scaled(1e-6, cost.rss[-1][1] if cost.rss else None),
        "rss_growth_mb_per_hour": _scaled(1e-6, cost.growth),
        "received_seconds": round(cost.counters["received_s"], 1),
        "stalled_seconds": round(cost.counters["stalled_s"], 2),
        "starts": len(cost.starts),
        "heard_later_ms": _scaled(1e3, median(cost.after)),
        "heard_later_worst_ms": _scaled(1e3, max(cost.after, default=None)),
        "heard_after_first_samples_ms": median(
            [start["heard_ms"] - start["first_ms"] for start in cost.starts]
        ),
        "prebuffer_chosen_ms": _scaled(1e3, median(cost.prebuffers)),
        "prebuffer_chosen_most_ms": _scaled(1e3, max(cost.prebuffers, default=None)),
        "counters": cost.counters,
    }


def _scaled(factor: float, value: float | None) -> float | None:
    return None if value is None else round(factor * value, 2)
