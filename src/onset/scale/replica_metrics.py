"""The metrics of a replica in those of Ray, which tell replicas apart.

GET /metrics comes from any replica, and from another one the next time. Ray's exporter, one a node,
has all: each series of ours by its own name, as a gauge, with the labels `deployment` and
`replica`.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple, Protocol

from prometheus_client import CollectorRegistry


class TaggedGauge(Protocol):
    """What is set of a gauge of Ray's."""

    def set(self, value: float, tags: Mapping[str, str]) -> None:
        """Set one series."""


class SampledSeries(NamedTuple):
    """One series as it is now."""

    name: str
    explanation: str
    labels: dict[str, str]
    value: float


def sampled(registry: CollectorRegistry) -> Iterator[SampledSeries]:
    """Every series of a registry."""
    for metric in registry.collect():
        for sample in metric.samples:
            yield SampledSeries(sample.name, metric.documentation, sample.labels, sample.value)


class ReplicaMetrics:
    """Copies a registry into gauges. make: a gauge by its name, explanation and labels."""

    def __init__(
        self,
        registry: CollectorRegistry,
        make: Callable[[str, str, tuple[str, ...]], TaggedGauge],
    ) -> None:
        self._registry, self._make = registry, make
        self._gauges: dict[str, TaggedGauge] = {}

    def publish(self) -> None:
        """Copy all series as they are now."""
        for series in sampled(self._registry):
            if series.name not in self._gauges:
                names = tuple(series.labels)
                self._gauges[series.name] = self._make(series.name, series.explanation, names)
            self._gauges[series.name].set(series.value, series.labels)
