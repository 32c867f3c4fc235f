"""A request in, chunks of audio out, each as soon as it exists.

Imports text and model. Start with `engine.Engine.turns`, the generator that everything else serves
or feeds. `answer` reads sentences and decodes them; `span_decoding` makes the samples of one part.

Public: `answer`, `audible_span`, `dsp`, `engine`, `playout_budget`, `process_pool`,
`reading_limits`, `word_timings`.
"""
