"""Servers to compare with and to check against, each a program of its own.

Other speech libraries behind Onset's HTTP API (`kokoro_onnx_peer`, `piper_peer`, `hibari_peer`,
and `streaming_vits_peer`: Piper as it could be), a server that computes nothing (`null_server`),
and one that does exactly what a script says (`scripted_server`).
Start with `peer_server`. Imports `protocol`; only `kokoro_onnx_peer` also reads Onset's voices.

Public: `scripted_server`.
"""
