"""Fits the AdaIN statistics that streaming rests on.

Start with `collect`, which measures them; `regression` fits the predictor.
"""
