"""Statistics of plain numbers: quantiles, shares, intervals, bootstraps, change points.

Both the benchmark and the quality gate use it; it imports no other folder of ours. Start with
`quantiles`, which takes the standard library alone, so that playback may import it. All other
modules need `scipy`, which takes 0.4 s and 60 MB to load: nothing on the way of `onset serve`,
`onset say` or `onset play` imports those.
"""
