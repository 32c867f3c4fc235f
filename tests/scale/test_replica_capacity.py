"""A replica's listeners are those that admission makes of the first sentence's cost."""

from functools import partial

import pytest

from fakes import fake_engine
from onset.errors import AssetError
from onset.scale import replica_capacity
from onset.scale.replica_capacity import listeners_of, measured_listeners
from onset.serving.scheduling.admission import HEADROOM


def test_work_that_takes_longer_lets_fewer_listen() -> None:
    quick, slow = listeners_of(fake_engine), listeners_of(partial(fake_engine, 0.05))
    assert slow < quick
    # Each step of 200 ms or less takes 50 ms, so a listener takes at least a quarter of the time.
    assert 1 <= slow <= HEADROOM / 0.25


def test_what_loading_raises_is_raised() -> None:
    def broken() -> None:
        raise AssetError("There is no model.")

    with pytest.raises(AssetError, match="no model"):
        listeners_of(broken)  # type: ignore[arg-type]


def test_a_measurement_that_fails_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONSET_WORKERS", "2")
    with pytest.raises(AssetError, match="ONSET_WORKERS"):
        measured_listeners()


def test_the_measurement_has_an_end() -> None:
    assert 60 <= replica_capacity.LONGEST <= 3600
