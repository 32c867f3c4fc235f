"""How many machines so many listeners need: `python scripts/figures/cluster_size.py`.

A simulation (onset.scale.cluster_size) with costs that were measured; each is an option, so that
yours can be put in. For listeners who all hear speech at once, and for conversations.
"""

import argparse
from collections.abc import Iterator

from onset.scale.cluster_size import ListenerTraffic, MachineNode, ReplicaCosts, cluster_size

RTF, CORES = 0.11, 2.0
"""Of a paragraph on two cores of a Zen 5 EPYC (docs/log/2026-11-30-native-library.md)."""

PROXY_CORES = 0.01
"""Share of a core of Serve's proxy for one listener (`make ray-figures PARTS=streams`)."""

PRICE = 0.03
"""Euros for a core and hour: about what clouds ask for a dedicated one; put in your own."""

ANSWER, PAUSES = 20.0, (0.0, 40.0)
"""Seconds of an answer, and of silence between two: nobody pauses, or two thirds of the time."""


def lines(traffic: ListenerTraffic, costs: ReplicaCosts, node: MachineNode) -> Iterator[str]:
    """What to print for one kind of traffic."""
    size = cluster_size(traffic, costs, node, allowed=0.001)
    yield (
        f"{traffic.listeners} listeners, {traffic.answer:g} s of speech then {traffic.pause:g} s"
        f" of silence ({traffic.at_once:.0f} at once):"
    )
    yield (
        f"  {size.replicas} replicas on {size.nodes} nodes of {node.cores} cores ({size.cores}"
        f" cores), {100 * size.refused:.2f} % refused, {size.price:.2f} euros an hour,"
        f" {1000 * size.price / traffic.at_once:.2f} for a thousand hours of speech"
    )


def main() -> None:
    """Print what the options say."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--listeners", type=int, default=10_000)
    parser.add_argument("--rtf", type=float, default=RTF, help="of a replica with --cores")
    parser.add_argument("--cores", type=float, default=CORES, help="of a replica")
    parser.add_argument("--node-cores", type=int, default=32)
    parser.add_argument("--kept-cores", type=float, default=1.0, help="of a node, for Ray itself")
    parser.add_argument("--proxy-cores", type=float, default=PROXY_CORES, help="for one listener")
    parser.add_argument("--proxy-threads", type=int, default=1, help="cores that a proxy can use")
    parser.add_argument("--price", type=float, default=PRICE, help="euros for a core and hour")
    given = parser.parse_args()
    costs = ReplicaCosts(given.rtf, given.cores, given.proxy_cores, given.proxy_threads)
    node = MachineNode(given.node_cores, given.kept_cores, given.price)
    print(
        f"A replica keeps up with {costs.listeners} listeners, a node with {node.replicas(costs)}"
        f" replicas; a core costs {node.price:g} euros an hour."
    )
    for pause in PAUSES:
        print(*lines(ListenerTraffic(given.listeners, ANSWER, pause), costs, node), sep="\n")
    print(
        f"One proxy carries {costs.proxy_listeners} listeners: with one a node it is the limit from"
        f" {node.most_cores(costs):.0f} cores a node on, and one for all would need"
        f" {given.listeners / costs.proxy_listeners:.0f} of it."
    )


if __name__ == "__main__":
    main()
