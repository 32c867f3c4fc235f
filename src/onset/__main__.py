"""`python -m onset`, the same as the command `onset`. Knows nothing of the commands."""

from onset.cli.main import main

main()
