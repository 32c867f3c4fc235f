"""What every request passes before its route: path, id, turn, log, keys; one a module.

May import the modules of `serving`, but none of `http`. Start with `request_id`.

Public: `auth`, `plain_paths`, `request_id`, `request_log`, `request_turns`.
"""
