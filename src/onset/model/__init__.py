"""Kokoro-82M on ONNX Runtime: its file, its voices, and a decoder that streams; and its students.

Imports only the top's modules, and no text processing: it takes phoneme tokens and gives samples.
Start with `backend`, the interface to the engine; `kokoro` implements it, `streaming_decoder` is
the heart, `opening_decoder` begins before the trunk is there, `graph` makes the ONNX files.
`students` knows which voices have a small model of their own, `hibari_student` is one.

Public: `adain_predictor`, `address_space`, `assets`, `backend`, `harmonic_source`, `kokoro`,
`opening_decoder`, `opening_predictor`, `students`, `voice_styles`.
"""
