"""What the machine tells of itself, and that it may tell nothing."""

from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from onset.monitoring.host_state import host_figures, on_battery


def test_quota_and_heat_are_read(tmp_path: Path) -> None:
    (tmp_path / "cpu.stat").write_text("usage_usec 5\nnr_throttled 2\nthrottled_usec 2500000\n")
    for core, count in enumerate((3, 4)):
        folder = tmp_path / f"cpu{core}" / "thermal_throttle"
        folder.mkdir(parents=True)
        (folder / "core_throttle_count").write_text(f"{count}\n")
    figures = host_figures(tmp_path / "cpu.stat", tmp_path)
    assert (figures.quota_seconds, figures.heat_events) == (2.5, 7)


@pytest.mark.parametrize("content", [None, "usage_usec 5\n", "throttled_usec x\n", "\n", "alone\n"])
def test_what_is_not_told_is_not_zero(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "cpu.stat").write_text(content)
    figures = host_figures(tmp_path / "cpu.stat", tmp_path)
    assert figures.quota_seconds is None and figures.heat_events is None


@pytest.mark.parametrize(
    ("told", "expected"),
    [(SimpleNamespace(power_plugged=False), True), (SimpleNamespace(power_plugged=True), False),
     (SimpleNamespace(power_plugged=None), None), (None, None)],
)  # fmt: skip
def test_a_battery(monkeypatch: pytest.MonkeyPatch, told: object, expected: bool | None) -> None:
    monkeypatch.setattr(psutil, "sensors_battery", lambda: told, raising=False)
    assert on_battery() is expected


def test_a_system_without_sensors_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise FileNotFoundError("/sys/class/power_supply")

    monkeypatch.setattr(psutil, "sensors_battery", missing, raising=False)
    monkeypatch.delattr(psutil, "cpu_freq", raising=False)
    assert on_battery() is None and host_figures().hertz is None
