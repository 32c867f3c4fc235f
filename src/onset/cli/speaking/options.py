"""Options that commands which speak have alike."""

from typing import Annotated, TypeAlias

import typer

from onset.protocol.playback_frames import Policy
from onset.types import FASTEST, SLOWEST, Mode

VoiceOption: TypeAlias = Annotated[
    str | None, typer.Option(help="A voice, or a mix as af_heart(2)+am_michael(1).")
]
SpeedOption: TypeAlias = Annotated[
    float, typer.Option(min=SLOWEST, max=FASTEST, help="1 is the voice's own pace.")
]
WhenOption: TypeAlias = Annotated[
    Policy, typer.Option(help="If something is playing: wait, stop it, or give up.")
]
PlanOption: TypeAlias = Annotated[
    Mode | None, typer.Option(help="In which way it is made; as the server is set if not given.")
]
CallerOption: TypeAlias = Annotated[str, typer.Option(help="Whose voice, as the daemon keeps it.")]
DaemonOption: TypeAlias = Annotated[
    bool, typer.Option("--daemon", help="Start the playback daemon if it does not run.")
]
