"""What Ray Serve is told of a replica follows from how many listeners it keeps up with."""

import pytest
from pydantic import ValidationError

from onset.config import load_settings
from onset.errors import InvalidRequest
from onset.scale.replica_limits import (
    BESIDE,
    ScaleArguments,
    autoscaling,
    deployment_options,
    replica_settings,
)

SETTINGS = load_settings({}, threads=2, drain_timeout=12)


def test_arguments_come_as_text() -> None:
    given = ScaleArguments.model_validate({"replicas": "4", "listeners": "3", "cores": "0.5"})
    assert (given.replicas, given.listeners, given.cores) == (4, 3, 0.5)


@pytest.mark.parametrize(
    "wrong",
    [
        {"replica": "4"},
        {"replicas": "0"},
        {"listeners": "-1"},
        {"cores": "0"},
        {"min_replicas": "9"},
        {"max_replicas": "many"},
    ],
)
def test_wrong_arguments_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        ScaleArguments.model_validate(wrong)


def test_a_replica_takes_its_listeners_and_a_few_short_requests() -> None:
    options = deployment_options(ScaleArguments(), 5, SETTINGS)
    assert options["max_ongoing_requests"] == 5 + BESIDE
    assert options["graceful_shutdown_timeout_s"] == 12
    assert options["ray_actor_options"] == {"num_cpus": 2}


def test_a_replica_takes_no_more_than_the_server_would() -> None:
    options = deployment_options(ScaleArguments(), 500, SETTINGS)
    assert options["max_ongoing_requests"] == SETTINGS.max_streams + BESIDE


def test_so_many_replicas_as_are_asked_for() -> None:
    fixed = deployment_options(ScaleArguments(replicas=3), 5, SETTINGS)
    assert fixed["num_replicas"] == 3 and "autoscaling_config" not in fixed
    scaled = deployment_options(ScaleArguments(max_replicas=6), 5, SETTINGS)
    assert "num_replicas" not in scaled
    assert scaled["autoscaling_config"] == autoscaling(ScaleArguments(max_replicas=6), 5)


@pytest.mark.parametrize("listeners", range(1, 30))
def test_another_replica_is_started_before_the_last_is_full(listeners: int) -> None:
    target = autoscaling(ScaleArguments(), listeners)["target_ongoing_requests"]
    assert 1 <= target <= listeners
    assert target < listeners or listeners <= 3, "with three or fewer there is no room between"


def test_a_replica_keeps_no_history() -> None:
    assert SETTINGS.history
    assert replica_settings(SETTINGS) == SETTINGS.model_copy(update={"history": False})


@pytest.mark.parametrize(("name", "value"), [("workers", 2), ("wyoming_port", 10200)])
def test_what_a_replica_cannot_do_is_refused(name: str, value: int) -> None:
    with pytest.raises(InvalidRequest, match=f"ONSET_{name.upper()}"):
        replica_settings(load_settings({}, **{name: value}))
