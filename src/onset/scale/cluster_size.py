"""How many machines so many listeners need, by a simulation with costs that were measured.

Listeners ask, listen, pause and ask again. A request goes to the least busy of COMPARED replicas
that are drawn by chance, as the router does, and is refused where these are full. The search finds
the fewest replicas that refuse no more than is allowed.
"""

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, floor

from onset.errors import InvalidRequest
from onset.scale.replica_limits import COMPARED
from onset.serving.scheduling.admission import HEADROOM

ROUNDS, WARMING = 8, 2
"""Answers of each listener that are simulated, and of them the first, which do not count."""

PROXY_SHARE = 0.7
"""Share of its core that a proxy may be at work: with more, a piece of audio waits for others."""


@dataclass(frozen=True, slots=True)
class ReplicaCosts:
    """What was measured. rtf: seconds of work of `cores` cores for one of speech.

    proxy_cores: share of a core that the proxy takes for one listener; proxy_threads: cores that
    one proxy can use.
    """

    rtf: float
    cores: float
    proxy_cores: float
    proxy_threads: int = 1

    @property
    def listeners(self) -> int:
        """Whom a replica keeps up with. Raises InvalidRequest where it is nobody."""
        if (count := floor(HEADROOM / self.rtf + 1e-9)) < 1:
            raise InvalidRequest(f"With an RTF of {self.rtf:g} a replica keeps up with nobody.")
        return count

    @property
    def proxy_listeners(self) -> int:
        """Whom one proxy can carry the audio to."""
        return floor(PROXY_SHARE * self.proxy_threads / self.proxy_cores)


@dataclass(frozen=True, slots=True)
class ListenerTraffic:
    """Listeners, each of whom hears `answer` seconds, then pauses for `pause`, both on average.

    retry: seconds after which one who was refused asks again, on average.
    """

    listeners: int
    answer: float
    pause: float
    retry: float = 5.0

    @property
    def at_once(self) -> float:
        """How many listen at one moment on average."""
        return self.listeners * self.answer / (self.answer + self.pause)


@dataclass(frozen=True, slots=True)
class MachineNode:
    """A machine. kept: cores for Ray and the system. price: of one core for an hour."""

    cores: int
    kept: float
    price: float

    def replicas(self, costs: ReplicaCosts) -> int:
        """How many fit beside the proxy that carries their audio. Raises InvalidRequest: none."""
        with_proxy = costs.cores + costs.listeners * costs.proxy_cores
        if (count := floor((self.cores - self.kept) / with_proxy)) < 1:
            raise InvalidRequest(f"A replica does not fit into a node of {self.cores} cores.")
        return count

    def most_cores(self, costs: ReplicaCosts) -> float:
        """Cores from which on a node has more listeners than its proxy can carry audio to."""
        replicas = costs.proxy_listeners / costs.listeners
        return self.kept + replicas * (costs.cores + costs.listeners * costs.proxy_cores)


@dataclass(frozen=True, slots=True)
class ClusterSize:
    """What it takes. refused: share of the requests. price: for an hour."""

    replicas: int
    nodes: int
    cores: int
    refused: float
    price: float


def cluster_size(
    traffic: ListenerTraffic, costs: ReplicaCosts, node: MachineNode, allowed: float, seed: int = 1
) -> ClusterSize:
    """The smallest cluster that refuses at most `allowed` of the requests."""

    def refused(replicas: int) -> float:
        return refused_share(traffic, replicas, costs.listeners, random.Random(seed))

    fewest = max(1, floor(traffic.at_once / costs.listeners))
    replicas = _fewest(fewest, ceil(traffic.listeners / costs.listeners), refused, allowed)
    nodes = ceil(replicas / node.replicas(costs))
    cores = nodes * node.cores
    return ClusterSize(replicas, nodes, cores, refused(replicas), cores * node.price)


def _fewest(low: int, high: int, refused: Callable[[int], float], allowed: float) -> int:
    """By bisection. high: so many have room for everybody, but for the luck of the draw."""
    while refused(high) > allowed:
        low, high = high, high + max(1, high // 50)
    while low < high:
        middle = (low + high) // 2
        if refused(middle) <= allowed:
            high = middle
        else:
            low = middle + 1
    return high


def refused_share(
    traffic: ListenerTraffic, replicas: int, capacity: int, chance: random.Random
) -> float:
    """Share of the requests that are refused. capacity: listeners of one replica."""
    round_seconds = traffic.answer + traffic.pause
    begin, end = WARMING * round_seconds, ROUNDS * round_seconds
    busy = [0] * replicas
    # When something happens, and which replica it frees; -1: none, somebody asks.
    events = [(chance.expovariate(1 / round_seconds), -1) for _ in range(traffic.listeners)]
    heapq.heapify(events)
    asked = turned_away = 0
    while events[0][0] < end:
        now, held = heapq.heappop(events)
        if held >= 0:
            busy[held] -= 1
            pause = chance.expovariate(1 / traffic.pause) if traffic.pause else 0.0
            heapq.heappush(events, (now + pause, -1))
            continue
        drawn = (int(chance.random() * replicas) for _ in range(COMPARED))
        replica = min(drawn, key=busy.__getitem__)
        full = busy[replica] >= capacity
        if now >= begin:
            asked, turned_away = asked + 1, turned_away + full
        if full:
            heapq.heappush(events, (now + chance.expovariate(1 / traffic.retry), -1))
            continue
        busy[replica] += 1
        heapq.heappush(events, (now + chance.expovariate(1 / traffic.answer), replica))
    return turned_away / asked
