"""Whether the system lets this process take the memory that the model needs."""

from onset.errors import AssetError

try:
    import resource
except ImportError:  # Windows has no such limits
    resource = None  # type: ignore[assignment]

NEEDED = 2_000_000_000
"""Bytes of address space; a server that spoke has taken 1.84e9, of which 0.9e9 in memory.

With less, libraries of others end the process or wait for ever for a thread that was not started.
"""


def require_address_space() -> None:
    """Raises AssetError if this process may not take NEEDED bytes (`ulimit -v`)."""
    if resource is None:
        return
    allowed, _ = resource.getrlimit(resource.RLIMIT_AS)
    if allowed != resource.RLIM_INFINITY and allowed < NEEDED:
        raise AssetError(
            f"This process may take {allowed / 1e9:.1f} GB of address space (ulimit -v), and the "
            f"model takes {NEEDED / 1e9:.0f} GB. Raise that limit, or set `ulimit -v unlimited`."
        )
