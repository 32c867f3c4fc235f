"""Fits the predictor of AdaIN statistics that streaming rests on.

`collect` speaks a corpus and measures the true statistics, in several processes of the engine;
`regression` fits the predictor to them. Imports the engine and what it rests on. Start with
`collect`.

Public: `collect`, `regression`.
"""
