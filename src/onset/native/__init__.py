"""Convolutions for processors as people have them: a library in C, and its functions on arrays.

Kokoro's generator and trunk are convolutions over time. Here they are Toom-Cook convolutions of 16
bit integers, with the normalisation and the activation that precede them. `kernels.c` is compiled
for each kind of processor; `docs/native.md` tells how it works and what it gains.

Public: `library`, `packing`.
"""
