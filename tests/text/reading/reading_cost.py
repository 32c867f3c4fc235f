#!/usr/bin/env python3
"""What reading costs: `make reading-cost`.

    python tests/text/reading/reading_cost.py [--runs N]

Prints, by language, the median CPU time of cleaning a line of the cases (a sentence or less) and
how much memory its first lines take, then the CPU time of importing the reader in a process of its
own, the median of N, and the machine's processor. CPU time is not the clock's: other work on the
machine hardly changes it.
"""

import argparse
import platform
import subprocess
import sys
from pathlib import Path
from statistics import median
from time import process_time

import psutil
from score_reading import CASES, Case, read_cases

from onset.text.normalize import clean

ROUNDS = 5
"""Times each line is cleaned; the first is not counted."""

IMPORT = """
from time import process_time
start = process_time()
import onset.text.normalize
print(process_time() - start)
"""

FRESH = """
import sys, psutil
import onset.text.normalize as normalize
before = psutil.Process().memory_info().rss
for line in sys.stdin.read().split("\\0"):
    normalize.clean(line, sys.argv[1])
print(psutil.Process().memory_info().rss - before)
"""


def cleaning(lines: list[Case]) -> float:
    """Median CPU seconds of cleaning one line."""
    times = []
    for round_ in range(ROUNDS):
        for case in lines:
            start = process_time()
            clean(case.written, case.lang)
            if round_:
                times.append(process_time() - start)
    return median(times)


def memory(lines: list[Case]) -> float:
    """Bytes that a process of its own grows by when it cleans the lines."""
    text = "\0".join(case.written for case in lines)
    run = [sys.executable, "-c", FRESH, lines[0].lang]
    return float(subprocess.run(run, input=text, capture_output=True, text=True, check=True).stdout)


def importing(runs: int) -> float:
    """Median CPU seconds of importing the reader."""
    run = [sys.executable, "-c", IMPORT]
    return median(
        float(subprocess.run(run, capture_output=True, text=True, check=True).stdout)
        for _ in range(runs)
    )


def processor() -> str:
    """The name of the processor, as the system has it."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(": ")[2]
    return platform.processor() or platform.machine()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--runs", type=int, default=9, help="imports")
    asked = parser.parse_args()
    cases = list(read_cases([CASES]))
    print(f"{'lang':6} {'lines':>6} {'ms a line':>10} {'MB':>6}")
    for lang in dict.fromkeys(case.lang for case in cases):
        lines = [case for case in cases if case.lang == lang]
        grown = memory(lines) / 1e6
        print(f"{lang:6} {len(lines):6} {1000 * cleaning(lines):10.2f} {grown:6.1f}")
    print(f"import {1000 * importing(asked.runs):.0f} ms of CPU")
    print(f"{processor()}, {psutil.cpu_count()} CPUs, Python {platform.python_version()}")


if __name__ == "__main__":
    main()
