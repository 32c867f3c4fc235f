"""From what a user sends to words with phonemes, cut into segments.

Imports nothing but the top's modules. Start with `normalize.pieces` (clean text), then
`segmentation.segments` (what is synthesised in one piece); `incremental` is the same for a text
that is still being written. `g2p` turns words into phonemes.

Public: `incremental`, `segmentation`.
"""
