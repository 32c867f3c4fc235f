"""What to do about a slow server: rules, each with its evidence and the command that checks it.

Imports `answer_record`, stats and protocol. Start with `live_recommendations`; what became of what
was advised is told by `advice_follow_up`.

Public: `advice_follow_up`, `live_recommendations`.
"""
