"""Audio files back to samples, as FFmpeg reads them. Knows nothing of how they were made."""

import io

import av
import numpy as np

from onset.protocol.http_api import ResponseFormat
from onset.types import SAMPLE_RATE, Floats


def decoded(data: bytes, name: ResponseFormat) -> Floats:
    """float32 [n] at 24 kHz. Raises av.FFmpegError if there is no audio in `data`.

    A file that ends too early gives what it has. It is told what it reads, as by a Content-Type.
    """
    format = "ogg" if name == "opus" else name
    with av.open(io.BytesIO(data), "r", format=format) as container:
        resampler = av.AudioResampler("flt", "mono", SAMPLE_RATE)
        pieces = []
        try:
            for frame in container.decode(container.streams.audio[0]):
                pieces += [part.to_ndarray()[0] for part in resampler.resample(frame)]
        except av.InvalidDataError:  # the frame that was cut in two
            pass
        pieces += [part.to_ndarray()[0] for part in resampler.resample(None)]
    return np.concatenate(pieces) if pieces else np.zeros(0, np.float32)
