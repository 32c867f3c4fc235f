"""Statistics of plain numbers: intervals, quantiles, bootstraps, change points.

It knows nothing of speech and imports no other folder.
"""
