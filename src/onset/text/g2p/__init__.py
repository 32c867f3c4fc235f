"""Grapheme to phoneme: words in Kokoro's alphabet, a module a language.

Start with `phonemizer`.
"""
