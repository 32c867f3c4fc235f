"""The quality gate: streaming audio against exact decoding, on texts that nothing was fitted on.

Start with `evaluate`, which speaks each of the `gate_items` in several ways (`renditions`) and
applies the `measures`, a module each: `log_mel`, `discontinuities`, `boundaries`, `wer`, `dnsmos`,
and those of `melody`. `results` are kept in a file, `aggregates` say what they mean together,
`thresholds` decide, and `report_page` and `spectrogram` show. In the folder `listening` people
judge. It may import the engine and what the engine imports, and `stats`.

Public: `evaluate`, `extra`, `gate_items`, `measures`, `report_page`, `results`, `spectrogram`,
`thresholds`.
"""
