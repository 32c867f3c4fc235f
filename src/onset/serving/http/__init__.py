"""The HTTP server: OpenAI's speech API, the WebSocket, the catalog and health, a module each.

May import `scheduling`, `middleware`, `dashboard` and the modules of `serving`. Start with `app`.

Public: `app`, `connection_limits`.
"""
