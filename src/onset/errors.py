"""Every error Onset raises, as one tree."""

from errno import ENOMEM


class OnsetError(Exception):
    """Base of all errors that Onset raises on purpose."""


class InvalidRequest(OnsetError):
    """A request we cannot do. `message` says why and lists the choices; `param` names the field."""

    def __init__(self, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param


class AssetError(OnsetError):
    """A needed file is missing, damaged, or its folder cannot be written."""


class ModelError(OnsetError):
    """The model file is not a Kokoro export that can be cut for streaming."""


class Unavailable(OnsetError):
    """The service is loading or shutting down: come back in `retry_after` seconds."""

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Busy(Unavailable):
    """The service is full. Over HTTP 429, which clients of OpenAI try again by themselves."""


class OutOfMemory(Unavailable):
    """The system gives no more memory just now."""

    def __init__(self) -> None:
        super().__init__("There is not enough memory. End other programs, or ask for less.", 5.0)


class Halted(OnsetError):
    """The work was told to stop by `Halt.set()`; not a fault."""


class ServerError(OnsetError):
    """A speech server answered with an error status or broke the stream off."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


LACKS = "failed to map segment", "can't start new thread"
"""What errors of Python say that come from a want of memory and do not say so."""


def lacks_memory(error: BaseException) -> bool:
    """Whether it went wrong for want of memory."""
    said = isinstance(error, ImportError | RuntimeError) and any(one in str(error) for one in LACKS)
    return said or isinstance(error, MemoryError) or getattr(error, "errno", None) == ENOMEM
