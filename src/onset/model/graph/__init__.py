"""From the published ONNX file to graphs that stream, made once and kept in the cache.

Start with `export`.
"""
