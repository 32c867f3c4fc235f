"""Other speech libraries behind our wire, and servers whose behaviour is known.

Start with `peer_server`.
"""
