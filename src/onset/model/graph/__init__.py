"""From the published ONNX file to graphs that stream, made once and kept in the cache.

Builds graphs, never runs one: it imports the model's constants and no runtime. Start with
`export`, which writes all files; `onnx_graph` reads and cuts the published graph, `istftnet`
describes the generator anew, `streaming_layers` lays its layers in full or as a stream; `trunk` is
what comes before it.

Public: `decoder_weights`, `export`, `graph_folder`, `istftnet`, `onnx_graph`,
`streaming_layers`, `trunk`.
"""
