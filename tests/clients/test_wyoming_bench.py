"""wyoming-bench, as it is, against our Wyoming port: a second opinion on the first audio."""

import asyncio
import sys
from pathlib import Path

import pytest

from fakes import HaltableBackend, fake_engine, scheduling
from onset.config import load_settings
from onset.serving.wyoming import serving_wyoming


async def measured(mode: str) -> str:
    """What it prints of a server of ours."""
    engine = fake_engine(backend=HaltableBackend(0.005))
    with scheduling(engine) as scheduler:
        async with serving_wyoming(scheduler, load_settings({}, wyoming_port=0)) as port:
            process = await asyncio.create_subprocess_exec(
                *(str(Path(sys.executable).parent / "wyoming-bench"), "tts", f"127.0.0.1:{port}"),
                *("--mode", mode, "--rounds", "3", "--texts", "Nobody came out again."),
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
            told, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, told.decode()
    return told.decode()


@pytest.mark.parametrize("mode", ["non_streaming", "streaming"])
def test_wyoming_bench_measures_us(mode: str) -> None:
    told = asyncio.run(measured(mode))
    print(told)
    assert "TTFT" in told and "RTF" in told
    assert "ok=3 fail=0" in told
