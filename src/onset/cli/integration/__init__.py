"""Commands that other programs start: screen readers, agents.

`speechd` is a module of speech-dispatcher. `mcp` gives agents tools (`mcp_tools`, by their SDK),
`turn` reads aloud what a coding agent said last (`turn_text`); both speak by `speech_tools`.

Public: .
"""
