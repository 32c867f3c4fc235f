"""The campaign against Onset: `make attack`. A module a part, each with a control.

A part gives findings: what was tried, how often, and what was not as it must be. Its control tries
the same where something is broken on purpose: a part that does not see that shows nothing.
"""
