"""Audio as bytes and as time: encoders, where speech becomes audible, and subtitles.

Start with `encoders`. Both the speaking and the listening side import this folder; it imports
`protocol` and the top's modules only.
"""
