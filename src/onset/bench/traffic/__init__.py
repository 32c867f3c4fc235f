"""The listener that is measured: when requests are sent, and what arrives when.

Start with `recorder`.
"""
