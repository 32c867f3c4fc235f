"""Every error Onset raises, as one tree.

OnsetError
├── InvalidRequest      the caller asked for something we cannot do: say what and list the choices
├── AssetError          the model or a data file is missing, damaged, or cannot be written
├── ModelError          a model file that is not a Kokoro export we can cut
├── Unavailable         the service is loading or shutting down: come back later
│   └── Busy            the service takes no more listeners now: come back soon
├── Halted              the work was told to stop; not a fault
└── ServerError         (client side) a server answered with an error or broke off
"""


class OnsetError(Exception):
    """Base of all errors that Onset raises on purpose."""


class InvalidRequest(OnsetError):
    """A request that is refused. `param` names the field, `message` lists the choices."""

    def __init__(self, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param


class AssetError(OnsetError):
    """A needed file is missing, damaged, or its folder cannot be written."""


class ModelError(OnsetError):
    """The model file is not a Kokoro graph that can be cut for streaming."""


class Unavailable(OnsetError):
    """The service cannot take the request now. `retry_after` is in seconds."""

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Busy(Unavailable):
    """The service is full. Over HTTP 429, which clients of OpenAI try again by themselves."""


class Halted(OnsetError):
    """Raised inside the engine when `Halt.set()` was called during a computation."""


class ServerError(OnsetError):
    """A speech server answered with an error status or broke the stream off."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status
