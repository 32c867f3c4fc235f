"""From samples that arrive to sound at the device, and what a person may do about it.

Start with `player`, then `playlist`.
"""
