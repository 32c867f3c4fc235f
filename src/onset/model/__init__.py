"""Kokoro-82M as a backend: its files, its voices, its graphs on ONNX Runtime.

Start with `backend`, the seam between the engine and a model.
"""
