"""Turn kernels into LLVM's language, as Numba does before it optimises: for `optimise_kernels.py`.

    python lower_kernels.py LEVEL FOLDER [NAME]

writes a file for each piece of code to a folder, and a line with its number as soon as it is there. Numba
infers the types of each kernel from those that its decorator states, as it would when the kernel is called; a
small function around each reads its arguments from words of 64 bits and writes its result to such words, so
that one piece of C can call them all.

This is the longer half of the work, and comes out the same for each level whose vectors have as many numbers.
It is a process of its own, because the number is read from the environment, once.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import sys
from pathlib import Path
from typing import Any

from build_extension import LANES

ROOT = Path(__file__).parents[2]
MOST_IN, MOST_OUT, MOST_DIMS, MOST_ITEMS = 256, 64, 4, 16
"""As in `kernels.c`."""
UNKNOWN = "a value that only LWFAST_JIT=1 shows"
"""In the text of an error, in place of a value."""
TRIAL = "_simd._trial"
"""A kernel that is looked for wherever one with vectors is imported, so that no extension lacks it."""
AROUND = "kernel"
"""What the function around a kernel is called, until its level is known."""


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
        NUMBA_DISABLE_ERROR_MESSAGE_HIGHLIGHTING="1",
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


class Pieces:
    """Files of a folder: a library of code that Numba would optimise as one, or a kernel's place in one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = 0

    def write(self, piece: dict[str, Any]) -> int:
        """Write a piece, say that it is there, and return its number."""
        number = self.count
        (self.folder / f"{number}.piece").write_text(json.dumps(piece), encoding="utf-8")
        print(number, flush=True)
        self.count += 1
        return number


def let_libraries_be_written(pieces: Pieces) -> None:
    """Let Numba write what it would optimise and load: modules as text, and the libraries that they call."""
    from llvmlite import ir
    from numba.core import cgutils, codegen
    from numba.core.cpu import CPUContext

    class Library(codegen.JITCodeLibrary):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            self.modules: list[str] = []
            self.number = -1

        def add_ir_module(self, module: ir.Module) -> None:
            self._raise_if_finalized()
            self.modules.append(cgutils.normalize_ir_text(str(module)))

        def finalize(self) -> None:
            self._raise_if_finalized()
            called = list(dict.fromkeys(library.number for library in self._linking_libraries))
            self.number = pieces.write({"name": self.name, "modules": self.modules, "called": called})
            self._finalized = True

        def get_pointer_to_function(self, _name: str) -> int:
            self._ensure_finalized()
            return 0  # nothing is called in this process

    def nothing(*_: Any, **_named: Any) -> None:
        """Leave out what serves calls from Python only."""

    codegen.JITCPUCodegen._library_class = Library  # noqa: SLF001
    codegen.JITCPUCodegen.set_env = nothing
    CPUContext.create_cpython_wrapper = nothing
    CPUContext.create_cfunc_wrapper = nothing


def lower(name: str, kernel: Any, dispatcher: Any, pieces: Pieces) -> None:
    """Lower a kernel for each of its signatures."""
    from lwfast._kernels._signatures import codes_of

    names = kernel.function.__code__.co_varnames[: kernel.function.__code__.co_argcount]
    for signature in kernel.signatures:
        codes = codes_of(signature)
        if len(codes) != len(names):
            raise TypeError(f"{name} has {len(names)} arguments, and its signature {len(codes)}.")
        types = tuple(numba_type(code)[0] for code in codes)
        dispatcher.compile(types)
        result = dispatcher.overloads[types]
        pieces.write(
            {
                "kernel": name,
                "library": result.library.number,
                "around": str(_function_around(result, AROUND, name)),
                "arguments": "".join(codes),
                "names": "".join(f"{name} " for name in names),
                "result": code_of(result.signature.return_type),
            }
        )


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
    """Write pieces to a folder, of the kernels whose names begin with `only`."""
    set_environment(level)
    pieces = Pieces(folder)
    let_libraries_be_written(pieces)
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
    wanted = {name for name in _jit.KERNELS if name.startswith(only)}
    if not wanted:
        raise RuntimeError(f"No kernel has a name that begins with {only}.")
    wanted.add(TRIAL)
    for name in sorted(wanted):
        lower(name, _jit.KERNELS[name], dispatchers[name], pieces)


if __name__ == "__main__":
    # Nothing here is given back before the end, and looking for it took a fifth of the time.
    gc.disable()
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
