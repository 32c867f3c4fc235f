"""A request in, chunks of audio out, each as soon as it exists.

Start with `engine`, one sync generator that everything else serves or feeds.
"""
