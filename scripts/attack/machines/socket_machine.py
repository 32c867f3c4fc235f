"""What the machines of protocols over a plain socket share."""

import socket

from hypothesis.stateful import RuleBasedStateMachine


class SocketMachine(RuleBasedStateMachine):
    """It has one connection, which its peer may end after what it was sent."""

    link: socket.socket

    def begin(self) -> None:
        """Connect, and be let in."""
        raise NotImplementedError

    def begin_again(self) -> None:
        """Connect anew."""
        self.link.close()
        self.begin()

    def send(self, data: bytes) -> None:
        """Send; where the peer has had enough of what was sent before, connect anew."""
        try:
            self.link.sendall(data)
        except OSError:
            self.begin_again()
