"""Optimise kernels for one level of the processor: an object file, and the table of it for `kernels.c`.

    python optimise_kernels.py LEVEL PIECES FOLDER

reads numbers of pieces that `lower_kernels.py` has written, a line each, and works on them as they come. Each
library goes through the passes that Numba would run on it, for the same answers; then all of it is linked
together, what nothing calls is dropped, and LLVM writes one object file. It is a process of its own for each
level, because Numba takes the processor to compile for from the environment, once.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

RUN_TIME = {
    "NRT_Allocate",
    "NRT_Free",
    "NRT_MemInfo_alloc",
    "NRT_MemInfo_alloc_aligned",
    "NRT_MemInfo_alloc_aligned_external",
    "NRT_MemInfo_alloc_safe_aligned",
    "NRT_MemInfo_call_dtor",
    "NRT_get_sample_external_allocator",
    "numba_attempt_nocopy_reshape",
}
"""What `kernels.c` has of Numba's run time."""
_MATHEMATICS = {"atan2", "cos", "exp", "fma", "hypot", "log", "pow", "sin", "sqrt"}
C_LIBRARY = _MATHEMATICS | {"memcpy", "memmove", "memset"}
"""What may be taken from the C library and its mathematics."""
LEFT_OPEN = ("common", "external", "linkonce_odr", "weak")
"""Kinds of linkage by which something could be called from outside."""


def code_generator() -> Any:
    """Return Numba's code generator, which loads nothing of what it optimises."""
    from numba.core import codegen

    class Library(codegen.JITCodeLibrary):
        def _finalize_final_module(self) -> None:
            self._finalized = True

    class Generator(codegen.JITCPUCodegen):
        _library_class = Library

    return Generator("kernels")


class Level:
    """The kernels of one level, linked together piece by piece."""

    def __init__(self, level: str) -> None:
        from llvmlite import binding

        self.level = level
        self.prefix = f"kernel_{level.replace('-', '_')}"
        self.rows: list[tuple[str, str, str, str, str]] = []
        self._binding = binding
        self._generator = code_generator()
        self._libraries: dict[int, Any] = {}
        self._whole = binding.parse_assembly("")

    def add(self, number: int, piece: dict[str, Any]) -> None:
        """Optimise a library, or link a kernel to the whole."""
        if "kernel" in piece:
            self._link(piece)
            return
        library = self._generator.create_library(piece["name"])
        for text in piece["modules"]:
            module = self._binding.parse_assembly(text)
            module.verify()
            library.add_llvm_module(module)
        for called in piece["called"]:
            library.add_linking_library(self._libraries[called])
        library.finalize()
        self._libraries[number] = library

    def _link(self, piece: dict[str, Any]) -> None:
        """Link a kernel and the function around it to the whole."""
        module = self._libraries[piece["library"]]._final_module  # noqa: SLF001
        part = self._binding.parse_bitcode(module.as_bitcode())
        for function in part.functions:
            if not function.is_declaration:
                # One copy of what several kernels call, none of what nothing does.
                function.linkage = "linkonce_odr"
        symbol = f"{self.prefix}_{len(self.rows)}"
        around = self._binding.parse_assembly(piece["around"])
        around.get_function("kernel").name = symbol
        self._whole.link_in(around)
        self._whole.link_in(part)
        self.rows.append((piece["kernel"], piece["arguments"], piece["names"], piece["result"], symbol))

    def object_file(self) -> bytes:
        """Hide what is not called from outside, drop what is not called at all, and write machine code."""
        outside = {row[4] for row in self.rows}
        for function in self._whole.functions:
            if not function.is_declaration and function.name not in outside:
                function.linkage = "internal"
        for value in self._whole.global_variables:
            if not value.is_declaration and value.linkage.name in LEFT_OPEN:
                value.linkage = "internal"
        target = self._binding.Target.from_triple(self._binding.get_process_triple())
        machine = target.create_target_machine(
            cpu=self.level, features="", opt=3, reloc="pic", codemodel="default"
        )
        builder = self._binding.create_pass_builder(
            machine, self._binding.create_pipeline_tuning_options(speed_level=0)
        )
        passes = self._binding.create_new_module_pass_manager()
        passes.add_global_dead_code_eliminate_pass()
        passes.run(self._whole, builder)
        self._check()
        return bytes(machine.emit_object(self._whole))

    def _check(self) -> None:
        """Look whether anything is missing that would be noticed only when the extension is loaded.

        Raises:
            RuntimeError: A kernel calls something that is not there.
        """
        everything = [*self._whole.functions, *self._whole.global_variables]
        missing = {value.name for value in everything if value.is_declaration}
        missing = {name for name in missing if not name.startswith("llvm.")} - RUN_TIME - C_LIBRARY
        if missing:
            raise RuntimeError(f"Kernels call what the extension lacks: {', '.join(sorted(missing))}.")

    def table(self) -> str:
        """Return the table of kernels in C."""
        lines = [f"extern int {row[4]}(int64_t *, int64_t *, void **);" for row in self.rows]
        lines.append(f"static const Entry {self.prefix}[] = {{")
        for name, arguments, names, result, symbol in self.rows:
            lines.append(f'    {{"{name}", "{arguments}", "{names}", "{result}", {symbol}}},')
        return "\n".join([*lines, "};", ""])


def main(level: str, pieces: Path, folder: Path) -> None:
    """Write `LEVEL.o` and `LEVEL.h` to a folder."""
    os.environ.update(NUMBA_CPU_NAME=level, NUMBA_CPU_FEATURES="")
    from numba.core.compiler_lock import global_compiler_lock

    compiled = Level(level)
    with global_compiler_lock:  # Numba asks for it wherever it uses LLVM
        for line in sys.stdin:
            number = int(line)
            compiled.add(number, json.loads((pieces / f"{number}.piece").read_text(encoding="utf-8")))
    stem = folder / level
    stem.with_suffix(".o").write_bytes(compiled.object_file())
    stem.with_suffix(".h").write_text(compiled.table(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
