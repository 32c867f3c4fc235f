"""What every request passes before its route: id, log, keys; one a module.

May import the modules of `serving`, but none of `http`. Start with `request_id`.

Public: `auth`, `request_id`, `request_log`.
"""
