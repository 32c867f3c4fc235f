"""An ONNX Runtime session, whose runs can be stopped and leave cores and memory free.

The figures behind these settings are in docs/log.
"""

import ctypes
from collections.abc import Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
import onnxruntime as ort
import threadpoolctl
from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidGraph, NoSuchFile

from onset.errors import Halted, ModelError
from onset.types import Halt

AnyArray: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.generic]]


def keep_cores_free() -> None:
    """Limit NumPy's BLAS to one thread, in the whole process.

    BLAS threads spin for tens of milliseconds after a matrix product, on the cores that the next
    graph needs: with them the first sound of a sentence took 290 ms, without 184. Our own products
    are too small to gain from threads. See docs/log/2026-11-22-spinning-threads.md.
    """
    threadpoolctl.threadpool_limits(limits=1, user_api="blas")


M_MMAP_THRESHOLD = -3
"""glibc's parameter (malloc.h): the size from which a block is returned when it is freed."""

LARGE = 1 << 20
"""Its value, in bytes."""


def give_memory_back() -> None:
    """Have large blocks returned to the system when they are freed, in the whole process.

    glibc keeps blocks of up to 32 MB once it has freed such: after a whole reading of 15 s that
    was 600 MB of unused memory (docs/log/2026-11-27-refining.md). Other allocators are left alone.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, LARGE)


@cache
def _share_memory() -> None:
    """Give all sessions of the process one memory arena, which grows by what is requested.

    One arena for each, grown in powers of two, kept 700 MB more after whole readings
    (docs/log/2026-11-27-refining.md).
    """
    memory = ort.OrtMemoryInfo(
        "Cpu", ort.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, ort.OrtMemType.DEFAULT
    )
    as_requested = {"arena_extend_strategy": 1, "max_mem": 0}
    as_usual = {"initial_chunk_size_bytes": -1, "max_dead_bytes_per_chunk": -1}
    ort.create_and_register_allocator(memory, ort.OrtArenaCfg(as_requested | as_usual))


def ort_value(array: AnyArray) -> ort.OrtValue:
    """An array as the runtime takes it; no copy if it is contiguous."""
    return ort.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(array))


CPU = "CPUExecutionProvider"


class OnnxSession:
    """One graph, ready to run with `threads` threads. graph: its file, or its bytes.

    provider: what runs its nodes, ONNX Runtime's name, by its own options; the CPU runs those that
    it cannot. weights: the folder with a graph's weights, where it is bytes. Memory is kept from
    run to run, and shared with all other sessions. Raises ModelError.
    """

    def __init__(
        self,
        graph: Path | bytes,
        threads: int,
        provider: str = CPU,
        provider_options: Mapping[str, str] = MappingProxyType({}),
        weights: Path | None = None,
    ) -> None:
        _share_memory()
        options = ort.SessionOptions()
        options.add_session_config_entry("session.use_env_allocators", "1")
        options.add_session_config_entry("session.record_ep_graph_assignment_info", "1")
        options.intra_op_num_threads = threads
        if weights is not None:
            entry = "session.model_external_initializers_file_folder_path"
            options.add_session_config_entry(entry, str(weights))
        options.log_severity_level = 3  # errors; a cut graph has unused constants, which is fine
        # Threads that spin for more work after a run would hold the core the next session needs:
        # the trunk after the front took 92 ms instead of 54 on two cores
        # (docs/log/2026-11-22-spinning-threads.md).
        options.add_session_config_entry("session.force_spinning_stop", "1")
        # A memory pattern is kept for every input shape ever seen: with dynamic lengths, a leak.
        options.enable_mem_pattern = False
        try:
            source = graph if isinstance(graph, bytes) else str(graph)
            chosen = [(provider, dict(provider_options))]
            self._session = ort.InferenceSession(source, options, providers=chosen)
        except (Fail, InvalidGraph, NoSuchFile) as error:
            name = "a graph" if isinstance(graph, bytes) else graph
            raise ModelError(f"ONNX Runtime cannot load {name}: {error}") from error

    def placed(self, provider: str) -> tuple[int, int]:
        """How many of the graph's nodes that provider runs, and how many there are."""
        parts = self._session.get_provider_graph_assignment_info()
        counts = [(part.ep_name == provider, len(part.get_nodes())) for part in parts]
        return sum(count for its, count in counts if its), sum(count for _, count in counts)

    def run(
        self,
        outputs: Sequence[str],
        feeds: Mapping[str, AnyArray | ort.OrtValue],
        halt: Halt,
        *,
        forget: bool = False,
    ) -> list[ort.OrtValue]:
        """The outputs, not copied. Raises Halted within one operator once `halt` is set.

        forget: return the memory that this run and those before it took.
        """
        values = {
            name: ort_value(feed) if isinstance(feed, np.ndarray) else feed
            for name, feed in feeds.items()
        }
        options = ort.RunOptions()
        if forget:
            options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
        stop = partial(setattr, options, "terminate", True)
        halt.attach(stop)
        try:
            if halt.is_set:
                raise Halted("Stopped.")
            return list(self._session.run_with_ort_values(list(outputs), values, options))
        except Fail as error:
            if not halt.is_set:
                raise
            raise Halted("Stopped.") from error
        finally:
            halt.detach(stop)
