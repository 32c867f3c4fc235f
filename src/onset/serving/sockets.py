"""How much of an answer may wait in a socket for a slow reader."""

import asyncio
from socket import SO_SNDBUF, SOL_SOCKET

SEND_BUFFER = 131_072
"""Bytes the system may hold of an answer; left to itself it takes megabytes for a slow reader."""


def limit_send_buffer(transport: asyncio.WriteTransport) -> None:
    """Hold little for a slow reader: SEND_BUFFER in the system, one message here."""
    transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_SNDBUF, SEND_BUFFER)
    transport.set_write_buffer_limits(0)
