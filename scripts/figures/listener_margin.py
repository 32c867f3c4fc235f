"""What a listener has left at the worst moment: `python scripts/figures/listener_margin.py`.

Held-out sentences are spoken at several paces, with the work counted as the pace says and no clock
asked: seconds of audio that were made, less seconds of work since the first sound, each time a
chunk comes. Below 0 a listener without a buffer would have run dry. Only the front runs; what is
decoded is silence that costs what speech does.
"""

import argparse
from contextlib import closing

from onset.calibration.collect import corpus
from onset.config import load_settings
from onset.engine.engine import Engine
from onset.model.voice_styles import language
from onset.quality.evaluate import load
from onset.quality.gate_items import plan_items
from onset.quality.renditions.memoizing_backend import DecodeMode, MemoizingBackend
from onset.stats.quantiles import median, quantile
from onset.trace import Trace
from onset.types import SAMPLE_RATE, Chunk, Halt, Request

PACES = (0.12, 0.25, 0.4, 0.7)
SHORTEST = 80
"""Letters of a text from which on it may be read in more than one piece."""


def margin(engine: Engine, backend: MemoizingBackend, request: Request) -> float:
    """The least that its listener has, in seconds."""
    backend.begin(request, DecodeMode.SILENT)
    trace, first, position, least = Trace(), None, 0, float("inf")
    with closing(engine.turns(request, trace, Halt())) as turns:
        for chunk in turns:
            if isinstance(chunk, Chunk):
                first = trace.counted if first is None else first
                if position:
                    least = min(least, position / SAMPLE_RATE - (trace.counted - first))
                position += len(chunk.samples)
    return least


def main() -> None:
    """Print a line for each pace."""
    parser = argparse.ArgumentParser(description="What a listener has left at the worst moment")
    parser.add_argument("--voices", default="af_heart,am_puck,af_nova")
    voices = parser.parse_args().voices.split(",")
    lines = {code: corpus("heldout", code) for code in {language(voice) for voice in voices}}
    items = plan_items(voices, (1.0, 1.5), 24, lines, corpus())
    requests = [
        item.request
        for item in items
        if item.held_out and item.group in ("voice", "speed") and len(item.request.text) > SHORTEST
    ]
    engine = load(load_settings({}, fallback=False))
    assert isinstance(engine.backend, MemoizingBackend)
    for engine.pace in PACES:
        left = [margin(engine, engine.backend, request) for request in requests]
        figures = min(left), quantile(left, 0.05), median(left)
        cells = ", ".join(f"{figure:.3f}" for figure in figures)
        print(f"pace {engine.pace:g}, {len(left)} texts: least, p5, median {cells} s", flush=True)


if __name__ == "__main__":
    main()
