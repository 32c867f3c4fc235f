"""Every word on any wire: HTTP paths and bodies, WebSocket messages, playback frames.

Both the speaking and the listening side import it; it imports no other folder.

Public: `compatible_api`, `http_api`, `lexicon_api`, `performance_api`, `playback_bodies`,
`playback_frames`, `preparation`, `surrogates`, `wav`, `websocket_messages`.
"""
