"""From what a user sends to words with phonemes, cut into readings.

Imports nothing but the top's modules. Start with `normalize.pieces` (clean text), then
`readings.readings` (what the model reads as one utterance); `incremental` is the same for a text
that is still being written. `g2p` turns words into phonemes.

Public: `incremental`, `readings`, `requested_readings`.
"""
