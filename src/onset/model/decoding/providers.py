"""Execution providers of ONNX Runtime: what runs the decoder's graphs, if not its own CPU kernels.

Each but the CPU's and Apple's comes in a package of its own, which takes the place of
`onnxruntime`. The front stays on the CPU: it is int8, which only the CPU's provider runs.
"""

from typing import Literal, NamedTuple, TypeAlias

import onnxruntime as ort

from onset.errors import ModelError

Provider: TypeAlias = Literal["cpu", "openvino", "cuda", "coreml"]


class KnownProvider(NamedTuple):
    """ONNX Runtime's name of a provider, and the package that brings it."""

    name: str
    package: str


PROVIDERS: dict[Provider, KnownProvider] = {
    "cpu": KnownProvider("CPUExecutionProvider", "onnxruntime"),
    "openvino": KnownProvider("OpenVINOExecutionProvider", "onnxruntime-openvino"),
    "cuda": KnownProvider("CUDAExecutionProvider", "onnxruntime-gpu"),
    "coreml": KnownProvider("CoreMLExecutionProvider", "onnxruntime, on a Mac"),
}


def installed_name(provider: Provider) -> str:
    """ONNX Runtime's name of a provider. Raises ModelError if it is not in what is installed."""
    known, there = PROVIDERS[provider], ort.get_available_providers()
    if known.name in there:
        return known.name
    others = [name for name, other in PROVIDERS.items() if other.name in there]
    raise ModelError(
        f"ONSET_PROVIDER is {provider}, and the ONNX Runtime that is installed has only "
        f"{', '.join(others)}: install {known.package} in the place of onnxruntime."
    )
