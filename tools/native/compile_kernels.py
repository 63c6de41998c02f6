"""Compile kernels for one level of the processor: an object file, and the table of it for `kernels.c`.

    python compile_kernels.py LEVEL FOLDER [NAME]

Run by `build_extension.py` in a process of its own, because Numba takes the processor to compile for from the
environment, once. Numba compiles each kernel for the types that its decorator states, as it would when the
kernel is called; a small function around each reads its arguments from words of 64 bits and writes its result
to such words, so that one piece of C can call them all. All of it is linked together, what nothing calls is
dropped, and LLVM writes one object file.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LANES = {"x86-64-v2": 4, "x86-64-v3": 4, "x86-64-v4": 8, "generic": 4}
"""Numbers in a vector, by level; the lowest one splits it in two registers."""
MOST_IN, MOST_OUT, MOST_DIMS, MOST_ITEMS = 256, 64, 4, 16
"""As in `kernels.c`."""
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
UNKNOWN = "a value that only LWFAST_JIT=1 shows"
"""In the text of an error, in place of a value."""
_MATHEMATICS = {"atan2", "cos", "exp", "fma", "hypot", "log", "pow", "sin", "sqrt"}
C_LIBRARY = _MATHEMATICS | {"memcpy", "memmove", "memset"}
"""What may be taken from the C library and its mathematics."""


def set_environment(level: str) -> None:
    """Let Numba compile for a level, and nothing from a cache."""
    os.environ.update(
        NUMBA_CPU_NAME=level,
        NUMBA_CPU_FEATURES="",
        NUMBA_DISABLE_JIT="0",
        LWFAST_JIT="1",
        LWFAST_SIMD=str(LANES[level]),
        LWFAST_CACHE="0",
        LWFAST_QUIET="1",
        LWFAST_BUILD="1",
    )
    sys.path.insert(0, str(ROOT))


def with_a_short_path(function: Any) -> None:
    """Let the code name its file from the root on: it gets into what is compiled, and builds stay alike."""
    code = function.__code__
    short = Path(code.co_filename).resolve().relative_to(ROOT.resolve()).as_posix()
    function.__code__ = code.replace(co_filename=short)


def let_errors_have_fixed_texts() -> None:
    """Compile what is raised with values of the running kernel as if it had none: they would need Python.

    Kernels seldom raise; NumPy's functions in them do, for shapes that do not match. Numba keeps with each
    error the file where it is raised, which may be one of Numba on this machine: nobody reads it there.
    """
    from llvmlite import ir
    from numba.core.callconv import CPUCallConv

    placed = CPUCallConv.set_static_user_exc

    def without_place(
        self: Any, builder: Any, exc: Any, exc_args: Any = None, *_: Any, **_place: Any
    ) -> None:
        placed(self, builder, exc, exc_args)

    def fixed(self: Any, builder: Any, exc: Any, exc_args: Any, *_: Any, **_place: Any) -> None:
        texts = tuple(UNKNOWN if isinstance(value, ir.Value) else value for value in exc_args)
        placed(self, builder, exc, texts)

    CPUCallConv.set_static_user_exc = without_place
    CPUCallConv.set_dynamic_user_exc = fixed


def numba_type(codes: str, at: int = 0) -> tuple[Any, int]:
    """Return Numba's type for the code at a place of `codes`, and the place behind it."""
    from numba.core import types

    from lwfast._kernels._signatures import CODES

    numbers = {code: getattr(types, "boolean" if name == "bool" else name) for name, code in CODES.items()}
    code = codes[at]
    if code in "ar":
        # One that is only read is compiled as any other: as a type of its own it would be compiled twice, for
        # Python and for kernels that call this one. `tests/kernels/twins.py` sees that it is only read.
        return types.Array(numbers[codes[at + 1]], int(codes[at + 2]), "C"), at + 3
    if code == "(":
        inside = []
        at += 1
        while codes[at] != ")":
            part, at = numba_type(codes, at)
            inside.append(part)
        return types.Tuple(inside), at + 1
    return numbers[code], at + 1


def code_of(kind: Any) -> str:
    """Return the code of what a kernel returns."""
    from numba.core import types

    from lwfast._kernels._signatures import CODES

    kind = types.unliteral(kind)
    if isinstance(kind, types.NoneType):
        return "v"
    if isinstance(kind, types.Array):
        if kind.ndim > MOST_DIMS:
            raise TypeError(
                f"A kernel returns an array of {kind.ndim} dimensions; {MOST_DIMS} are the limit."
            )
        return f"a{CODES[str(kind.dtype)]}{kind.ndim}"
    if isinstance(kind, types.BaseTuple):
        if len(kind) > MOST_ITEMS:
            raise TypeError(f"A kernel returns a tuple of {len(kind)}; {MOST_ITEMS} are the limit.")
        return f"({''.join(map(code_of, kind))})"
    return CODES[str(kind)]


class Level:
    """The kernels of one level, linked together piece by piece."""

    def __init__(self, level: str) -> None:
        from llvmlite import binding

        self.level = level
        self.prefix = f"kernel_{level.replace('-', '_')}"
        self.rows: list[tuple[str, str, str, str, str]] = []
        self._binding = binding
        self._whole: Any = None

    def add(self, name: str, kernel: Any, dispatcher: Any) -> None:
        """Compile a kernel for each of its signatures."""
        from lwfast._kernels._signatures import codes_of

        names = kernel.function.__code__.co_varnames[: kernel.function.__code__.co_argcount]
        for signature in kernel.signatures:
            codes = codes_of(signature)
            if len(codes) != len(names):
                raise TypeError(f"{name} has {len(names)} arguments, and its signature {len(codes)}.")
            types = tuple(numba_type(code)[0] for code in codes)
            dispatcher.compile(types)
            result = dispatcher.overloads[types]
            symbol = f"{self.prefix}_{len(self.rows)}"
            self._link(result, symbol, name)
            given = "".join(f"{name} " for name in names)
            self.rows.append((name, "".join(codes), given, code_of(result.signature.return_type), symbol))

    def _link(self, result: Any, symbol: str, name: str) -> None:
        """Link a kernel and the function around it to the whole."""
        part = self._binding.parse_bitcode(result.library._final_module.as_bitcode())  # noqa: SLF001
        for function in part.functions:
            if (
                not function.is_declaration
            ):  # one copy of what several kernels call, none of what nothing does
                function.linkage = "linkonce_odr"
        around = self._binding.parse_assembly(str(_function_around(result, symbol, name)))
        if self._whole is None:
            self._whole = around
        else:
            self._whole.link_in(around)
        self._whole.link_in(part)

    def object_file(self) -> bytes:
        """Hide what is not called from outside, drop what is not called at all, and write machine code."""
        outside = {row[4] for row in self.rows}
        for function in self._whole.functions:
            if not function.is_declaration and function.name not in outside:
                function.linkage = "internal"
        for value in self._whole.global_variables:
            if not value.is_declaration and value.linkage.name in (
                "common",
                "external",
                "linkonce_odr",
                "weak",
            ):
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


def _function_around(result: Any, symbol: str, name: str) -> Any:
    """Write `int32 symbol(int64 *in, int64 *out, void **raised)`, which calls a kernel."""
    from llvmlite import binding, ir
    from numba.core import types

    word, status = ir.IntType(64), ir.IntType(32)
    words = word.as_pointer()
    context, described = result.target_context, result.fndesc
    module = ir.Module(symbol)
    module.triple = binding.get_process_triple()
    kernel = context.declare_function(module, described)
    around = ir.Function(module, ir.FunctionType(status, [words, words, words]), symbol)
    builder = ir.IRBuilder(around.append_basic_block())
    arguments = []
    for at, kind in enumerate(context.get_arg_packer(described.argtypes).argument_types):
        value = builder.load(builder.gep(around.args[0], [word(at)]))
        if isinstance(kind, ir.PointerType):
            value = builder.inttoptr(value, kind)
        elif isinstance(kind, ir.DoubleType):
            value = builder.bitcast(value, kind)
        elif kind.width < word.width:
            value = builder.trunc(value, kind)
        arguments.append(value)
    answer = builder.alloca(kernel.function_type.args[0].pointee)
    builder.store(ir.Constant(answer.type.pointee, None), answer)
    raised = builder.bitcast(around.args[2], kernel.function_type.args[1])
    ended = builder.call(kernel, [answer, raised, *arguments])
    written = 0

    def write(value: Any) -> None:
        nonlocal written
        if isinstance(value.type, (ir.LiteralStructType, ir.ArrayType)):
            for k in range(len(value.type)):
                write(builder.extract_value(value, k))
            return
        if isinstance(value.type, ir.PointerType):
            value = builder.ptrtoint(value, word)
        elif isinstance(value.type, ir.DoubleType):
            value = builder.bitcast(value, word)
        elif value.type.width < word.width:
            value = builder.zext(value, word)
        builder.store(value, builder.gep(around.args[1], [word(written)]))
        written += 1

    if not isinstance(described.restype, types.NoneType):
        write(builder.load(answer))
    builder.ret(ended)
    if len(arguments) > MOST_IN or written > MOST_OUT:
        raise TypeError(
            f"{name} takes {len(arguments)} words and returns {written}; see MOST_IN and MOST_OUT."
        )
    return module


def main(level: str, folder: Path, only: str = "") -> None:
    """Write `LEVEL.o` and `LEVEL.h` to a folder, of the kernels whose names begin with `only`."""
    set_environment(level)
    from lwfast import _kernels
    from lwfast._kernels import _jit, _mode

    if _mode.MODE != "numba":
        raise RuntimeError(f"Kernels would not be compiled: {_mode.WHY}.")
    let_errors_have_fixed_texts()
    dispatchers = {}
    for found in pkgutil.walk_packages(_kernels.__path__, "lwfast._kernels."):
        if found.name.rpartition(".")[2] == "_native":
            continue
        module = importlib.import_module(found.name)
        for value in list(vars(module).values()):
            function = getattr(value, "py_func", None)
            if function is not None and function.__module__ == module.__name__:
                with_a_short_path(function)
                dispatchers[_jit.name_of(function)] = value
    compiled = Level(level)
    wanted = sorted(name for name in _jit.KERNELS if name.startswith(only))
    if not wanted:
        raise RuntimeError(f"No kernel has a name that begins with {only}.")
    for name in wanted:
        compiled.add(name, _jit.KERNELS[name], dispatchers[name])
    stem = folder / level
    stem.with_suffix(".o").write_bytes(compiled.object_file())
    stem.with_suffix(".h").write_text(compiled.table(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
