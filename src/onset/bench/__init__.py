"""The benchmark: what a listener hears of a speech server, measured through a real socket.

scenarios -> plan -> conductor, kinds, traffic -> exchange, recorder -> files: the recording half,
which draws no conclusions. files -> measures -> summary -> promise, validity -> reports: the
judging half, a pure function of the files. `peer*.py`, `floor.py` and `scripted.py` are programs of
their own, which put other libraries, or nothing at all, behind the same wire.
Knows nothing of the engine: the measured server is only a URL.
"""
