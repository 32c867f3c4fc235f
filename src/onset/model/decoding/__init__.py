"""Kokoro's decoder, from prosody to samples: the trunk, then the generator (iSTFTNet).

`trunks` and `generator` are the interfaces. Each is done twice: on ONNX Runtime, by the graphs of
`model.graph`, and by the native library, with weights that `packed_weights` keeps. `runtimes`
chooses.

Public: `generator`, `runtimes`, `trunks`.
"""
