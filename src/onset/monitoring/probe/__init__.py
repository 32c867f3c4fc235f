"""What an idle server measures of itself and its machine, so that days can be compared.

Imports protocol and `answer_record`. Start with `probe_watch`; who speaks the probes is in
`serving`, since nothing here knows an engine.

Public: `host_probe`, `probe_comparison`, `probe_record`, `probe_watch`.
"""
