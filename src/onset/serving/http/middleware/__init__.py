"""What every request passes before its route: id, turn, log, keys; one a module.

May import the modules of `serving`, but none of `http`. Start with `request_id`.

Public: `auth`, `request_id`, `request_log`, `request_turns`.
"""
