"""What to do about a slow server: rules, each with its evidence and the command that checks it.

Imports `answer_record`, stats and protocol. Start with `live_recommendations`.

Public: `live_recommendations`.
"""
