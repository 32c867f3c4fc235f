"""Statistics of plain numbers: quantiles, shares, intervals, bootstraps, change points.

Both the benchmark and the quality gate use it; it imports no other folder of ours. Start with
`quantiles`, which takes the standard library alone, so that playback may import it; a server may
import `small_samples` and `changepoints` too. All other modules need scipy: nothing that
`onset serve`, `onset say` or `onset play` imports may import them. They say `import scipy` and
`scipy.stats.NAME`, which loads `scipy.stats` (0.5 s, 60 MB) when the first figure is computed,
after the measuring, and not when the command starts.

Public: `binomial`, `bootstrap`, `changepoints`, `quantiles`, `small_samples`.
"""
