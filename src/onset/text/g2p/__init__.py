"""Grapheme to phoneme: words in Kokoro's vocabulary, one module for each language.

Start with `phonemizer`, which chooses the G2P of a language. `vocabulary` holds the phonemes, and
`fallback` converts what a language's own G2P cannot. Packages that only one language needs are
imported when it is first spoken.

Public: `languages`, `phonemizer`, `pronunciations`, `vocabulary`.
"""
