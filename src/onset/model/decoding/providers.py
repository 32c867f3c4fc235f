"""Execution providers of ONNX Runtime: what runs the decoder's graphs, if not its own CPU kernels.

Each but the CPU's and Apple's comes in a package of its own, which takes the place of
`onnxruntime`. The front stays on the CPU: it is int8, which only the CPU's provider runs.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias

import onnxruntime as ort

from onset.errors import ModelError
from onset.model.onnx_session import CPU

Provider: TypeAlias = Literal["cpu", "openvino", "cuda", "coreml"]


class Place(NamedTuple):
    """Where graphs run: ONNX Runtime's name of a provider, and its options.

    fills: whether it prepares kernels for each shape, so that few shapes are better than small
    ones.
    """

    name: str
    options: Mapping[str, str] = MappingProxyType({})
    fills: bool = False


CPU_PLACE = Place(CPU)

ON_CUDA = {
    "cudnn_conv_algo_search": "HEURISTIC",
    "use_tf32": "0",
    "arena_extend_strategy": "kSameAsRequested",
}
"""By default every new shape of a convolution is timed with all algorithms, and steps have many
shapes; and products are rounded to 11 bits, which is far above the rounding of a float32."""


class KnownProvider(NamedTuple):
    """A provider, and the package that brings it."""

    place: Place
    package: str


PROVIDERS: dict[Provider, KnownProvider] = {
    "cpu": KnownProvider(CPU_PLACE, "onnxruntime"),
    "openvino": KnownProvider(Place("OpenVINOExecutionProvider"), "onnxruntime-openvino"),
    "cuda": KnownProvider(Place("CUDAExecutionProvider", ON_CUDA, fills=True), "onnxruntime-gpu"),
    "coreml": KnownProvider(Place("CoreMLExecutionProvider"), "onnxruntime, on a Mac"),
}


def installed(provider: Provider) -> Place:
    """Where a provider runs graphs. Raises ModelError if it is not in what is installed."""
    known, there = PROVIDERS[provider], ort.get_available_providers()
    if known.place.name in there:
        return known.place
    others = [name for name, other in PROVIDERS.items() if other.place.name in there]
    raise ModelError(
        f"ONSET_PROVIDER is {provider}, and the ONNX Runtime that is installed has only "
        f"{', '.join(others)}: install {known.package} in the place of onnxruntime."
    )
