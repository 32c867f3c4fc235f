"""Every series of a replica is in Ray's metrics, with its labels and its present value."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from onset.scale.replica_metrics import ReplicaMetrics


class KeptGauge:
    """A gauge that remembers its series."""

    def __init__(self, name: str, explanation: str, labels: tuple[str, ...]) -> None:
        self.labels, self.explanation = labels, explanation
        self.values: dict[tuple[str, ...], float] = {}

    def set(self, value: float, tags: Mapping[str, str]) -> None:
        self.values[tuple(tags[label] for label in self.labels)] = value


class KeptGauges:
    """Makes gauges, one a name."""

    def __init__(self) -> None:
        self.by_name: dict[str, KeptGauge] = {}

    def make(self, name: str, explanation: str, labels: tuple[str, ...]) -> KeptGauge:
        assert name not in self.by_name, "made twice"
        self.by_name[name] = KeptGauge(name, explanation, labels)
        return self.by_name[name]


def test_counters_gauges_and_histograms_are_copied() -> None:
    registry, kept = CollectorRegistry(), KeptGauges()
    answers = Counter("answers", "Answers.", ["outcome"], registry=registry)
    listeners = Gauge("listeners", "Listeners.", registry=registry)
    first = Histogram("first", "First sound.", buckets=[0.1, 1], registry=registry)
    metrics = ReplicaMetrics(registry, kept.make)
    answers.labels("spoken").inc(3)
    listeners.set(4)
    first.observe(0.5)
    metrics.publish()
    assert kept.by_name["answers_total"].values == {("spoken",): 3}
    assert kept.by_name["answers_total"].explanation == "Answers."
    assert kept.by_name["listeners"].values == {(): 4}
    assert kept.by_name["first_bucket"].values == {("0.1",): 0, ("1.0",): 1, ("+Inf",): 1}


def test_the_next_time_it_is_the_value_of_then() -> None:
    registry, kept = CollectorRegistry(), KeptGauges()
    active = Gauge("active", "Active.", registry=registry)
    metrics = ReplicaMetrics(registry, kept.make)
    for value in (1.0, 0.0):
        active.set(value)
        metrics.publish()
        assert kept.by_name["active"].values == {(): value}
