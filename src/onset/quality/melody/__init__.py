"""What streaming reads against the published model's one-shot reading, word by word.

Start with `melodies`, the measure; `first_part` compares the audio of the first sound, and
`join_classifier` asks whether a join can be told from other word borders. `melody_figures` says
what all requests together mean. It may import what `quality` may.

Public: `first_part`, `melodies`, `melody_figures`.
"""
