"""The benchmark: what a listener hears of a speech server, measured through a real socket.

texts -> processes, sides -> run -> recording -> measures -> analyse -> report, a file each;
`peer*.py` are programs of their own, which put other libraries behind the same wire.
Knows nothing of the engine: the measured server is only a URL.
"""
