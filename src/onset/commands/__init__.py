"""One module for each command of `onset`. Knows nothing of how a command line is parsed."""
