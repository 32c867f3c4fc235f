"""What is said in a benchmark: texts from seeded templates, never one twice in a run.

Start with `texts`.
"""
