"""The figures of answers on the disk: one SQLite file, its writer and its readers.

Imports `answer_record`, `server_state`, stats and protocol. Start with `history_store`.

Public: `damage`, `degradation`, `history_reader`, `history_store`, `history_writer`, `remembered`.
"""
