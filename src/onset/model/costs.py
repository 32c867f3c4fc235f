"""How the work for a second of audio is divided among the parts of the model."""

FRONT_SHARE, STAGE_0_SHARE, STAGE_1_SHARE = 0.10, 0.29, 0.56
"""Shares of the measured compute time: front and trunk together, the generator's two stages.

By counted operations the stages would be 112.7 and 193 MMAC a frame. The rest (0.05) is text to
phonemes, and spectra to samples (docs/log/2026-11-27-refining.md).
"""
