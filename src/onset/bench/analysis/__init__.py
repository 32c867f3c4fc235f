"""From recorded arrivals to figures, verdicts and advice: pure functions of a run's folder.

Start with `metrics`, which defines every figure, then `summary`.
"""
