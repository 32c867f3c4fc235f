"""The playback daemon: from samples that arrive to sound at the device, and the controls of it.

Knows nothing of how speech is made.
"""
