"""The simulated cluster refuses where it is full, and its size follows from the costs."""

import random

import pytest

from onset.errors import InvalidRequest
from onset.scale.cluster_size import (
    ListenerTraffic,
    MachineNode,
    ReplicaCosts,
    cluster_size,
    refused_share,
)

COSTS = ReplicaCosts(rtf=0.1, cores=2, proxy_cores=0.01)
NODE = MachineNode(cores=33, kept=1, price=0.5)
ALL_AT_ONCE = ListenerTraffic(400, answer=20, pause=0)


def test_a_replica_keeps_up_with_what_admission_lets_in() -> None:
    assert COSTS.listeners == 8
    with pytest.raises(InvalidRequest, match="nobody"):
        _ = ReplicaCosts(rtf=0.9, cores=2, proxy_cores=0.01).listeners


def test_nobody_is_refused_where_there_is_room_and_most_where_there_is_none() -> None:
    assert refused_share(ALL_AT_ONCE, 60, 8, random.Random(1)) == 0
    assert refused_share(ALL_AT_ONCE, 5, 8, random.Random(1)) > 0.5


def test_a_loss_system_is_as_erlang_says() -> None:
    """One replica of 8, offered 8 by so many that each asks rarely: Erlang B gives 0.2356."""
    traffic = ListenerTraffic(2_000, answer=1, pause=249, retry=249)
    share = refused_share(traffic, 1, 8, random.Random(3))
    assert share == pytest.approx(0.2356, abs=0.02)


def test_the_smallest_cluster_refuses_no_more_than_allowed_and_one_less_does() -> None:
    traffic = ListenerTraffic(1_000, answer=20, pause=40)
    size = cluster_size(traffic, COSTS, NODE, allowed=0.001)
    assert size.refused <= 0.001
    fewer = [refused_share(traffic, size.replicas - less, 8, random.Random(1)) for less in (1, 4)]
    assert fewer[0] > 0.001 and fewer[1] > 0.001
    assert traffic.at_once / 8 < size.replicas < 2 * traffic.at_once / 8


def test_who_listens_all_the_time_needs_a_place_each() -> None:
    size = cluster_size(ALL_AT_ONCE, COSTS, NODE, allowed=0.0)
    assert size.replicas >= 400 / 8
    assert size.nodes == -(-size.replicas // NODE.replicas(COSTS))
    assert size.cores == 33 * size.nodes and size.price == 0.5 * size.cores


def test_replicas_share_a_node_with_the_proxy() -> None:
    assert NODE.replicas(COSTS) == 15  # 2 cores and 8 listeners of 0.01 each, in 32
    assert NODE.replicas(ReplicaCosts(rtf=0.1, cores=2, proxy_cores=0.0001)) == 15
    with pytest.raises(InvalidRequest, match="does not fit"):
        MachineNode(2, 1, 0.5).replicas(COSTS)


def test_the_proxy_is_the_limit_of_a_large_node() -> None:
    assert COSTS.proxy_listeners == 70
    assert ReplicaCosts(0.1, 2, 0.01, proxy_threads=4).proxy_listeners == 280
    most = NODE.most_cores(COSTS)
    below, above = MachineNode(int(most), 1, 0.5), MachineNode(int(most) + 3, 1, 0.5)
    assert below.replicas(COSTS) * COSTS.listeners <= COSTS.proxy_listeners
    assert above.replicas(COSTS) * COSTS.listeners > COSTS.proxy_listeners
