"""`python -m onset`, the same as the command `onset`. Knows nothing of the commands."""

import os
import sys

if not sys.flags.safe_path and sys.path[:1] in ([""], [os.getcwd()]):
    del sys.path[0]  # a file of the working folder must not stand for a library's

from onset.cli.main import main

main()
