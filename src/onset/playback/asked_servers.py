"""In which voices and languages servers were asked to speak, to tell them what is new."""

from typing import TypeAlias

Manner: TypeAlias = tuple[str | None, str | None]
"""Voice and language of a request; None: the server's own."""

SERVERS, MANNERS = 100, 100
"""Servers that are remembered, and manners of each; with one more it begins anew."""


class AskedServers:
    """Remembers servers by their addresses, each with the manners it was asked or told of."""

    def __init__(self) -> None:
        self._manners: dict[str, set[Manner] | None] = {}

    def note(self, url: str, manner: Manner) -> bool:
        """A server is asked for speech, or told that it will be. Whether that is news to it."""
        if url not in self._manners and len(self._manners) >= SERVERS:
            self._manners.clear()
        known = self._manners.setdefault(url, set())
        if known is None or manner in known:
            return False
        if len(known) >= MANNERS:
            known.clear()
        known.add(manner)
        return True

    def leave_alone(self, url: str) -> None:
        """A server does not know what it was told: it is told nothing any more."""
        self._manners[url] = None
