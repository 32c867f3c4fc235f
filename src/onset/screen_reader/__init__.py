"""Speech for screen readers: an output module of speech-dispatcher, over standard input and output.

Start with `speechd_module`, which obeys commands; `spoken_message` speaks one. `speech_source` is
who makes the samples: an engine in this process, or a server. May import everything but `cli`.

Public: `module_output`, `speech_source`, `speechd_module`, `speechd_setup`.
"""
