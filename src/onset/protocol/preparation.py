"""How clients say what they will ask for, so that it is there when they do."""

from pydantic import BaseModel, Field

PREPARE_PATH = "/v1/audio/speech/prepare"


class PrepareRequest(BaseModel, frozen=True):
    """Body of POST PREPARE_PATH: what will be asked for. None: as in a request for speech."""

    voice: str | None = Field(default=None, max_length=1000)
    lang: str | None = Field(default=None, max_length=20)
