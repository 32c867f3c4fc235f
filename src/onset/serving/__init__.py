"""Many listeners, one engine: scheduling, HTTP, WebSocket and Wyoming.

Start with `http.app`.
"""
