"""The speech server: one scheduler in front of the engines, and what clients connect to.

`http` and `wyoming` accept connections, `conversation` is what WebSocket and Wyoming have in
common, `scheduling` decides whose turn it is. May import the engine and everything before it.
Start with `http.app`, which lists the routes.

Public: `error_codes`, `speech_log`.
"""
