"""The HTTP server: OpenAI's speech API, the WebSocket, catalogue and health.

Start with `app`, which lists the routes.
"""
