"""Build hook: put the kernels into the wheel, compiled ahead of time.

With a C compiler the wheel gets an extension for this processor and those below; without one, or where
something fails, it is a wheel of Python alone, whose kernels Numba compiles when they are first used. Either
way the build says so. `LWFAST_NATIVE=1` builds all levels, for wheels that go to other machines, and fails
where it cannot; `LWFAST_NATIVE=0` builds none.
"""

from __future__ import annotations

import os
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).parent))
import build_extension as build

NUMBA = "numba==0.68.1"
"""The build uses parts of Numba that are not promised to stay; what runs later takes any version."""


class Kernels(BuildHookInterface):
    """Compiles the kernels for a wheel."""

    PLUGIN_NAME = "custom"
    _folder: tempfile.TemporaryDirectory[str] | None = None

    def dependencies(self) -> list[str]:
        """Return what compiling needs, where it will be tried: on systems that Numba is built for."""
        if self._why_not() or (not self._is_required() and build.has_no_numba()):
            return []
        return [NUMBA, "numpy>=2"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, before the wheel is put together."""
        if self.target_name != "wheel":
            return
        reason = self._why_not()
        if version == "editable":
            reason = "this install is editable; `python tools/native/build_extension.py` compiles them"
        if not reason:
            try:
                self._build(build_data)
                return
            except build.BuildError as error:
                if self._is_required():
                    raise
                reason = str(error)
        elif self._is_required() and version != "editable":
            raise build.BuildError(reason)
        self.app.display_warning(f"lwfast: Numba will compile the kernels at their first use ({reason}).")

    def finalize(self, *_: Any) -> None:
        """Remove the extension, which is in the wheel."""
        if self._folder is not None:
            self._folder.cleanup()

    def _is_required(self) -> bool:
        return os.environ.get("LWFAST_NATIVE") == "1"

    def _why_not(self) -> str:
        if os.environ.get("LWFAST_NATIVE") == "0":
            return "LWFAST_NATIVE=0 is set"
        return build.why_not() or build.no_compiler()

    def _build(self, build_data: dict[str, Any]) -> None:
        levels = build.all_levels() if self._is_required() else build.own_levels()
        self.app.display_waiting(
            f"lwfast: compiling the kernels for {', '.join(levels)}; this takes about a minute"
        )
        self._folder = tempfile.TemporaryDirectory()
        target = Path(self._folder.name) / build.MODULE
        seconds = build.build(target, levels)
        self.app.display_success(f"lwfast: compiled the kernels for {', '.join(levels)} in {seconds:.0f} s")
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["force_include"][str(target)] = f"lwfast/_kernels/{build.MODULE}"
        build_data["pure_python"] = False
        build_data["tag"] = f"cp311-abi3-{platform}"
