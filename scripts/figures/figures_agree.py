"""Whether a server's figures are those of its clients: `python scripts/figures/figures_agree.py`.

A server of its own is asked for 500 answers, as a benchmark asks: streamed, exact, and of texts
that are still being written, in turns. Then its log, its metrics, its live window and its history
are held against each other and against what the client measured. Prints a table, and a verdict for
each promise; exit code 1 if one is broken. Takes some five minutes of an idle machine.
"""

import json
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter_ns, sleep

import httpx
import typer
from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console
from rich.table import Table
from verdicts import conclude
from watching_cost import machine, own_cache, served

from onset.audio.onset_detection import OnsetDetector
from onset.bench.workload.texts import WARM_UP
from onset.client.http_client import Arrival, speak
from onset.client.websocket_client import narrate
from onset.monitoring.history.history_store import COLUMNS, FILE, HistoryStore
from onset.protocol.http_api import METRICS_PATH, PURPOSE, STAGES, SpeechRequest
from onset.protocol.performance_api import TTFA_PATH
from onset.stats.quantiles import quantile
from onset.types import SAMPLE_BYTES

TEXTS = ("Yes.", "It rains.", "Not yet.", "Who is there?", "Three.")
"""Short, for there are many."""

MOST_APART = 0.05
"""Of the first audio: what the stages may differ from it in sum, and what may belong to none."""

BENCH = {PURPOSE: "bench"}

Row = dict[str, float | str | None]


@dataclass(frozen=True, slots=True)
class Asked:
    """An answer as the client has it. ttfa: seconds until its first audible sample came."""

    kind: str
    ttfa: float | None


def audible_ns(arrivals: Iterable[Arrival]) -> int | None:
    """When the piece with the audible onset came, as soon as it is known; None without one."""
    detector, ends, samples = OnsetDetector(24_000), list[tuple[int, int]](), 0
    for arrival in arrivals:
        samples += len(arrival.pcm) // SAMPLE_BYTES
        ends.append((samples, arrival.at_ns))
        onset = detector.feed(arrival.pcm)
        if onset is not None:
            return next(at for end, at in ends if onset < end)
    return None


def heard_out_ns(arrivals: Iterator[Arrival]) -> int | None:
    """The same, read to the end."""
    at = audible_ns(arrivals)
    for _ in arrivals:
        pass
    return at


def over_http(url: str, text: str, exact: bool = False) -> float | None:
    """Seconds from the request to the audible onset."""
    request = SpeechRequest(input=text, response_format="pcm", exact=exact)
    with speak(url, request, headers=BENCH) as speech:
        at = heard_out_ns(iter(speech))
        return None if at is None else (at - speech.sent_ns) / 1e9


def exactly(url: str, text: str) -> float | None:
    """The same, decoded exactly."""
    return over_http(url, text, exact=True)


def incrementally(url: str, text: str) -> float | None:
    """Seconds from when the text was given to be sent."""
    begun = list[int]()

    def written() -> Iterator[str]:
        begun.append(perf_counter_ns())
        yield text

    at = heard_out_ns(narrate(url, written(), headers=BENCH))
    return None if at is None else (at - begun[0]) / 1e9


KINDS: tuple[tuple[str, Callable[[str, str], float | None]], ...] = (
    ("streamed", over_http),
    ("exact", exactly),
    ("incremental", incrementally),
)


def ask(url: str, answers: int) -> list[Asked]:
    """All of them, one after another, the kinds in turns."""
    for text in WARM_UP:
        with speak(url, SpeechRequest(input=text, response_format="pcm")) as speech:
            list(speech)
    asked: list[Asked] = []
    for n in range(answers):
        kind, way = KINDS[n % len(KINDS)]
        asked.append(Asked(kind, way(url, TEXTS[n % len(TEXTS)])))
        if (n + 1) % 100 == 0:
            print(f"{n + 1} of {answers} answers", file=sys.stderr, flush=True)
    return asked


def counted(url: str) -> dict[str, int]:
    """How many answers of benchmarks each place has. Waits until snapshots are fresh."""
    sleep(2.0)
    page = httpx.get(url + METRICS_PATH).raise_for_status().text
    samples = {
        (sample.name, sample.labels.get("traffic")): 0.0
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            samples[sample.name, sample.labels.get("traffic")] += sample.value
    snapshot = httpx.get(url + TTFA_PATH).raise_for_status().json()
    return {
        "metrics: answers": int(samples["onset_answers_total", "bench"]),
        "metrics: audible": int(samples["onset_ttfa_seconds_count", "bench"]),
        "live window": int(snapshot["populations"]["bench"]["n"]),
    }


def history(folder: Path) -> list[Row]:
    """The answers of benchmarks in the history, as they came."""
    names = ("start", *(column.name for column in COLUMNS))
    with closing(HistoryStore(folder / FILE)) as store:
        rows = [dict(zip(names, row, strict=True)) for row in store.rows()]
    return [row for row in rows if row["purpose"] == "bench"]


def logged(log: Path) -> int:
    """Answers of benchmarks in the log."""
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    return sum(line.get("purpose") == "bench" and "ttfa_ms" in line for line in lines)


def stage_sum(row: Row) -> float:
    """Seconds of all stages."""
    return sum(float(row[f"{name}_stage"] or 0.0) for name in STAGES)


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of the answers of one kind: seconds that the client was later than the server says; shares of
    the first audio by which stages and total differ, and that belong to no stage.
    """

    later: list[float]
    apart: list[float]
    other: list[float]


def agreement(pairs: Iterable[tuple[Asked, Row]]) -> Agreement:
    """What client and server say of the same answers."""
    found = Agreement([], [], [])
    for asked, row in pairs:
        first = float(row["first_audio"] or 0.0)
        if asked.ttfa is None or row["ttfa"] is None or not first:
            raise typer.BadParameter("An answer had no audible onset: the texts should have one.")
        found.later.append(asked.ttfa - float(row["ttfa"]))
        found.apart.append(abs(stage_sum(row) / first - 1))
        found.other.append(float(row["other_stage"] or 0.0) / first)
    return found


def show(found: dict[str, Agreement]) -> None:
    """The table."""
    heads = ("kind", "answers", "client later by ms: least", "median", "p95", "stages apart: most",
             "other: median", "other: p95")  # fmt: skip
    table = Table(*heads)
    for kind, one in found.items():
        later = [min(one.later), quantile(one.later, 0.5), quantile(one.later, 0.95)]
        shares = [max(one.apart), quantile(one.other, 0.5), quantile(one.other, 0.95)]
        words = ["too few" if value is None else f"{1e3 * value:.1f}" for value in later]
        words += ["too few" if value is None else f"{100 * value:.1f} %" for value in shares]
        table.add_row(kind, str(len(one.later)), *words)
    Console(width=120).print(table)


def main(answers: int = 500) -> None:
    """Ask, and hold all figures against each other."""
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        cache, log = own_cache(Path(folder)), Path(folder) / "log"
        with log.open("w") as told, served(cache, told, ONSET_HISTORY="on") as url:
            asked = ask(url, answers)
            counts = counted(url)
        rows = history(cache)
        counts |= {"log": logged(log), "history": len(rows)}
    print(f"asked {answers}; " + ", ".join(f"{name} {n}" for name, n in counts.items()))
    equal = all(n == answers for n in counts.values())
    pairs = list(zip(asked, rows, strict=equal))
    found = {kind: agreement(p for p in pairs if p[0].kind == kind) for kind, _ in KINDS}
    show(found)
    verdicts = {
        "all counts are equal": equal,
        "no answer is later by the server's word than the client had it": all(
            min(one.later) >= 0 for one in found.values()
        ),
        f"the stages of every answer add up within {MOST_APART:.0%}": all(
            max(one.apart) <= MOST_APART for one in found.values()
        ),
        f"at most {MOST_APART:.0%} belong to no stage, in the middle": all(
            (middle := quantile(one.other, 0.5)) is not None and middle <= MOST_APART
            for one in found.values()
        ),
    }
    conclude(verdicts)


if __name__ == "__main__":
    typer.run(main)
