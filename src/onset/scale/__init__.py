"""Many engines on many machines: the same app as replicas behind Ray Serve, and how many it takes.

May import the server and everything before it. Only `ray` needs the extra of that name. Start with
`ray`, which is what `serve run onset.scale.ray:app` runs.
"""
