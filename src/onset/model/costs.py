"""What the parts of the model cost, as shares of the work for a second of audio."""

FRONT, STAGE_0, STAGE_1 = 0.10, 0.29, 0.56
"""Shares of the work for a second of audio, as measured: front and trunk, the generator's stages.

By counted operations the stages would be 112.7 and 193 MMAC a frame. The rest is words and samples
(docs/log.md).
"""
