"""Runs a command where every address is this machine, and tells where its packets went.

    unshare --net python tests/packet_recorder.py COMMAND ...

In a network namespace of its own, whose loopback device takes all addresses: whoever asks a name
server or connects to one finds the port closed, at once, and is seen. Printed after what the
command prints, as one line of JSON: the addresses outside of the loopback, and those of name
servers wherever they are. Exit code: the command's. Linux alone, and by `ip`.
"""

import json
import socket
import struct
import subprocess
import sys
from ipaddress import ip_address
from threading import Event, Thread

EVERY_PROTOCOL = 3
"""ETH_P_ALL of <linux/if_ether.h>."""

STATISTICS = 263, 6
"""SOL_PACKET and PACKET_STATISTICS of <linux/if_packet.h>: two 32-bit counts, seen and dropped."""

NAMES = 53
"""The port of name servers."""

BUFFER = 1 << 24
"""Bytes: of the server's own answer a packet must not push out another."""


def destination(packet: bytes) -> tuple[str, int | None]:
    """(address, port of TCP or UDP) that a packet of IP is for."""
    if packet[0] >> 4 == 4:
        address, protocol, head = packet[16:20], packet[9], (packet[0] & 15) * 4
    else:
        address, protocol, head = packet[24:40], packet[6], 40
    port = None
    if protocol in (socket.IPPROTO_TCP, socket.IPPROTO_UDP):
        (port,) = struct.unpack("!H", packet[head + 2 : head + 4])
    return str(ip_address(address)), port


def record(device: socket.socket, over: Event, seen: set[str]) -> None:
    """Note where packets go until it is over and none is left. Replies too, so no ports."""
    device.settimeout(0.1)
    while True:
        ended = over.is_set()
        try:
            address, port = destination(device.recv(65_536))
        except TimeoutError:
            if ended:
                return
            continue
        if port == NAMES or not ip_address(address).is_loopback:
            seen.add(address)


def main() -> None:
    """Run the command of the arguments, and tell."""
    for family in ("-4", "-6"):
        everything = "0.0.0.0/0" if family == "-4" else "::/0"
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        subprocess.run(["ip", family, "route", "add", "local", everything, "dev", "lo"], check=True)
    device = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(EVERY_PROTOCOL))
    device.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
    device.bind(("lo", 0))
    over = Event()
    seen: set[str] = set()
    recorder = Thread(target=record, args=(device, over, seen))
    recorder.start()
    try:
        code = subprocess.run(sys.argv[1:], check=False).returncode
    finally:
        over.set()
        recorder.join()
    _, dropped = struct.unpack("II", device.getsockopt(*STATISTICS, 8))
    if dropped:
        sys.exit(f"{dropped} packets went by unseen")
    print(json.dumps(sorted(seen)))
    sys.exit(code)


if __name__ == "__main__":
    main()
