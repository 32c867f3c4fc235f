"""What is asked and what came, as it lies on the disk.

Start with `run_folder`; `scenarios.toml` is what there is to run.
"""
