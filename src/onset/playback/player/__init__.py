"""The player: from samples that arrive to sound at the device, and whose turn it is.

Start reading with `playlist`, then `player`. On the way of a sample: `sample_buffer`,
`jitter_buffer` (when to begin), `playout` with `time_stretch`, `ring_buffer`, `audio_sink`; and
back from the device through `playout` with `playhead`: what was heard, and when.

Public: `jitter_buffer`, `playback_controls`, `player`, `playlist`, `time_stretch`, `track`.
"""
