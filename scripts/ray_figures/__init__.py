"""Many replicas behind Ray Serve on this machine: `make ray-figures`, or some `PARTS="first ..."`.

Each replica has the fake backend, which waits instead of computing, so that eight fit on two cores
and what is measured is the way to them. Three parts, all by default:

first     first sound through Serve and of a plain server, one after the other in turns
streams   1, 2, 4 and 8 replicas, a few listeners more than they keep up with: whom they serve
          without running dry, whom they refuse
failover  1,000 answers from 8 replicas, one of which is killed every 10 s, or as soon after as more
          than half are there again

RAY_SERVE_ENABLE_HA_PROXY=1 measures Serve with HAProxy instead of its proxy in Python. Ends with a
line of JSON and a verdict for each promise; exit code 1 if one is broken.
"""
