"""A request in, chunks of audio out, each as soon as it exists.

Imports text and model. Start with `engine.Engine.turns`, the generator that everything else serves
or feeds; `segment_decoder` makes the samples of one segment.

Public: `audible_span`, `dsp`, `engine`, `process_pool`.
"""
