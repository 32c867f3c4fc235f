"""Compiles the native library while the package is built, if there is a compiler."""

import importlib.util
import os
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class NativeBuildHook(BuildHookInterface[Any]):
    """Puts the library beside its sources, and into the wheel, which then is for one platform."""

    PLUGIN_NAME = "native"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile; without a compiler the package is pure Python and uses ONNX Runtime alone.

        ONSET_NATIVE_TARGET: one of zig's targets, to make the wheel of another machine.
        """
        folder = Path(self.root, "src", "onset", "native")
        spec = importlib.util.spec_from_file_location("compiling", folder / "compiling.py")
        assert spec is not None and spec.loader is not None
        compiling = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(compiling)
        target = os.environ.get("ONSET_NATIVE_TARGET")
        tag = f"py3-none-{sysconfig.get_platform().replace('-', '_').replace('.', '_')}"
        if target is not None:
            tag = compiling.compile_for(target, folder / compiling.LIBRARY_NAME)
        else:
            try:
                compiling.compile_library(folder / compiling.LIBRARY_NAME)
            except compiling.CompilerMissing as error:
                self.app.display_warning(f"{error} Onset will use ONNX Runtime alone.")
                return
        library = Path("src/onset/native", compiling.LIBRARY_NAME)
        made = library, library.with_suffix(compiling.DIGEST_SUFFIX)
        build_data["artifacts"] += [path.as_posix() for path in made]
        if self.target_name == "wheel" and version != "editable":
            build_data["pure_python"] = False
            build_data["tag"] = tag
