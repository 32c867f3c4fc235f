"""The page at `/`: what the server knows of itself, live, and a box to speak with.

May import `monitoring`, `drawing`, `protocol` and the modules of `serving/http`. The shell has no
data; `live_panels` makes those, for the live stream. Start with `dashboard_routes`.

Public: `dashboard_routes`, `history_panel`, `live_panels`.
"""
