"""A summary for people and machines: terminal, Markdown, HTML, JUnit.

Start with `write`.
"""
