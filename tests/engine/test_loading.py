"""The pace of a machine is measured once and rounded up, so that it is the same every time."""

import pytest

from fakes import fake_engine
from onset.engine.loading import MARGIN, PACES, measured_pace
from onset.model.fake_backend import FakeBackend


class Paced(FakeBackend):
    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds

    def pace(self) -> float:
        return self._seconds


@pytest.mark.parametrize(
    ("measured", "pace"),
    [(0.1, 0.25), (0.25 / MARGIN, 0.25), (0.24, 0.4), (0.6, 0.7), (0.69, 1.0), (3.0, 1.0)],
)
def test_a_measured_pace_is_rounded_up(measured: float, pace: float) -> None:
    assert measured_pace(Paced(measured)) == pace
    assert pace in (*PACES, 1.0)


def test_an_engine_takes_the_pace_of_its_backend() -> None:
    assert fake_engine(backend=Paced(0.24)).pace == 0.4
    assert fake_engine().pace == 1.0
