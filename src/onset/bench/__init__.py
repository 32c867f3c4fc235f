"""The benchmark: what a listener hears of a speech server, measured through a real socket.

Two halves meet in the folder of a run. The recording half (`run`, `traffic`, `workload`, `records`)
plans requests, sends them, writes down when each piece of audio arrived, and draws no conclusions.
The judging half (`analysis`, `report`) is a pure function of that folder: metrics, statistics,
verdicts on targets, comparisons, reports. `commands` is the command line over both; `peers` are
programs of their own that put other libraries, or nothing at all, behind Onset's HTTP API.

Start with `records.plan` and `records.recording`, then `analysis.metrics`. The folder may import
`protocol`, `stats`, `audio` and `client`, but nothing that synthesises speech: a measured server is
only a URL.
"""
