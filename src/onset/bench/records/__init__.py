"""What is planned and what was recorded, as types and as files of a run's folder.

Imports nothing of the benchmark but the classes of its texts. Start with `run_folder`; what there
is to run is in `data/scenarios.toml`.

Public: `plan`, `recording`, `run_folder`, `scenarios`.
"""
