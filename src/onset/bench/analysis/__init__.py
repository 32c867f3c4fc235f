"""The judging half: from recorded arrivals to metrics, verdicts and recommendations.

Pure functions of a run's folder (`records.run_folder`). A *case* is one condition of a scenario, an
*arm* a server under test, a *trial* one request of the plan with its recording; a *target* is an
SLO, and its *verdict* pass, fail, inconclusive or not measured. Start with `metrics` (one request)
and `case_metrics` (one case), then `summary`, which puts all of a run together; `comparison` is for
two arms, `validity` says whether a run may be used at all. Imports `records` and `stats`, and
nothing that runs or shows anything.

Public: `case_metrics`, `comparison`, `distribution`, `history`, `metrics`, `recommendations`,
`simulated_player`, `summary`, `validity`, `verdicts`.
"""
