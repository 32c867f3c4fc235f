"""A request in, chunks of audio out, each as soon as it exists.

Imports text and model. Start with `engine.Engine.turns`, the generator that everything else serves
or feeds. `answer` reads sentences, `decoded_parts` decodes them, by Kokoro or by another model;
`span_decoding` makes the samples of one part; `plans` says in which way.

Public: `audible_span`, `decoded_parts`, `dsp`, `engine`, `plans`, `playout_budget`,
`process_pool`, `reading_limits`, `word_timings`.
"""
