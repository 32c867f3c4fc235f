"""An ONNX Runtime session that can be stopped in the middle of a run, with the cores to itself.

Knows nothing of what the graph computes.
"""

import ctypes
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TypeAlias

import numpy as np
import onnxruntime as ort
import threadpoolctl
from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidGraph, NoSuchFile

from onset.errors import Halted, ModelError
from onset.types import Floats, Halt

AnyArray: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.generic]]


def keep_cores_free() -> None:
    """Limit NumPy's BLAS to one thread, in the whole process.

    Its threads spin for tens of milliseconds after a product, on the cores that the next graph
    needs: with them the first sound of a sentence took 290 ms, without 184 (docs/log.md). Our own
    products are too small to gain from threads.
    """
    threadpoolctl.threadpool_limits(limits=1, user_api="blas")


M_MMAP_THRESHOLD = -3
LARGE = 1 << 20
"""glibc's name for the size (malloc.h), and ours, from which a block is mapped and not kept."""


def give_memory_back() -> None:
    """Have large blocks returned to the system when they are freed, in the whole process.

    glibc keeps blocks of up to 32 MB once such were freed: after a whole segment of 15 s that was
    600 MB that nobody used (docs/log.md). Other allocators do as they are.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, LARGE)


@cache
def _share_memory() -> None:
    """Give all sessions of the process one arena, that grows by what is asked for.

    An arena for each, grown in powers of two, kept 700 MB more after whole segments (docs/log.md).
    """
    memory = ort.OrtMemoryInfo(
        "Cpu", ort.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, ort.OrtMemType.DEFAULT
    )
    as_requested = {"arena_extend_strategy": 1, "max_mem": 0}
    as_usual = {"initial_chunk_size_bytes": -1, "max_dead_bytes_per_chunk": -1}
    ort.create_and_register_allocator(memory, ort.OrtArenaCfg({**as_requested, **as_usual}))


def ort_value(array: AnyArray) -> ort.OrtValue:
    """An array as the runtime takes it, shared where its memory is in one piece."""
    return ort.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(array))


class OnnxSession:
    """One graph, ready to run on the CPU with `threads` threads.

    Memory is kept from run to run, and shared with all other sessions.
    """

    def __init__(self, path: Path, threads: int) -> None:
        _share_memory()
        options = ort.SessionOptions()
        options.add_session_config_entry("session.use_env_allocators", "1")
        options.intra_op_num_threads = threads
        options.log_severity_level = 3  # errors; a cut graph has unused constants, which is fine
        # Threads that spin for more work after a run would hold the core the next session needs:
        # the trunk after the front took 92 ms instead of 54 (two cores, docs/log.md).
        options.add_session_config_entry("session.force_spinning_stop", "1")
        # A pattern is kept for every input shape ever seen: with free lengths, a leak.
        options.enable_mem_pattern = False
        try:
            self._session = ort.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except (Fail, InvalidGraph, NoSuchFile) as error:
            raise ModelError(f"ONNX Runtime cannot load {path}: {error}") from error

    def run(
        self,
        outputs: Sequence[str],
        feeds: Mapping[str, object],
        halt: Halt,
        *,
        forget: bool = False,
    ) -> list[Floats]:
        """NumPy in, NumPy out. Raises Halted within one operator once `halt` is set.

        forget: give the memory back that the run and those before it took.
        """
        with _HaltableRun(halt, forget) as options:
            return list(self._session.run(list(outputs), dict(feeds), options))

    def run_values(
        self,
        outputs: Sequence[str],
        feeds: Mapping[str, ort.OrtValue],
        halt: Halt,
        *,
        forget: bool = False,
    ) -> list[ort.OrtValue]:
        """As `run`, without copies of what stays inside the runtime."""
        with _HaltableRun(halt, forget) as options:
            return list(self._session.run_with_ort_values(list(outputs), dict(feeds), options))


class _HaltableRun:
    """Run options that terminate the run when the button is pressed."""

    def __init__(self, halt: Halt, forget: bool) -> None:
        self._halt = halt
        self._options = ort.RunOptions()
        if forget:
            self._options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")

    def _terminate(self) -> None:
        self._options.terminate = True

    def __enter__(self) -> ort.RunOptions:
        self._halt.attach(self._terminate)
        if self._halt.is_set:
            raise Halted("Stopped.")
        return self._options

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        self._halt.detach(self._terminate)
        if isinstance(error, Fail) and self._halt.is_set:
            raise Halted("Stopped.") from error
