"""Run a program as `python` does, in this process, with lwfast in Lightworks' place.

What the program sees is what it would see under plain Python: `__main__` and its names, `sys.argv`,
`sys.path[0]`, its own frames alone in a traceback. Whatever it raises is left to Python, which prints it,
sets the exit code, and ends with a signal after Ctrl-C.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import sys
from collections.abc import Iterator, Sequence
from importlib.machinery import SourceFileLoader, SourcelessFileLoader
from types import CodeType, ModuleType, TracebackType
from typing import Any

from lwfast.lightworks.stand_in import install


class UnreadableProgramError(Exception):
    """The file of a program cannot be read."""


def run_module(name: str, arguments: Sequence[str]) -> None:
    """Run a module or package by its name, as `python -m` does.

    Args:
        name: The module's name; of a package, its `__main__` is run.
        arguments: What the program finds in `sys.argv[1:]`.
    """
    install()
    import runpy

    _prepend(os.getcwd())  # noqa: PTH109  (text, as Python has it)
    sys.argv[:] = ["-m", *arguments]
    _new_main()
    with _own_traceback(run_module.__code__):
        # What `python -m` itself calls: it finds the module, sets `sys.argv[0]`, and words what goes wrong.
        runpy._run_module_as_main(name)  # type: ignore[attr-defined]  # noqa: SLF001


def run_script(path: str, arguments: Sequence[str]) -> None:
    """Run a file, or the `__main__` of a folder or zip file, as `python path` does.

    Args:
        path: Path of the program, as it was typed.
        arguments: What the program finds in `sys.argv[1:]`.

    Raises:
        UnreadableProgramError: The file cannot be read; nothing has been run.
    """
    whole = os.path.join(os.getcwd(), path)  # noqa: PTH109, PTH118  (with its dots, as Python has it)
    if not _is_folder_of_modules(whole):
        _run_file(path, whole, arguments)
        return
    install()
    import runpy

    sys.argv[:] = [path, *arguments]
    sys.path[0 : 0 if sys.flags.safe_path else 1] = [whole]
    _new_main()
    with _own_traceback(run_script.__code__):
        runpy._run_module_as_main("__main__", alter_argv=False)  # type: ignore[attr-defined]  # noqa: SLF001


def _run_file(path: str, whole: str, arguments: Sequence[str]) -> None:
    code = _read(whole)
    install()
    sys.argv[:] = [path, *arguments]
    _prepend(os.path.dirname(os.path.realpath(whole)))  # noqa: PTH120
    main = _new_main()
    loader = SourcelessFileLoader if isinstance(code, CodeType) else SourceFileLoader
    main.__dict__.update(__file__=whole, __cached__=None, __loader__=loader("__main__", whole))
    with _own_traceback(_run_file.__code__):
        compiled = code if isinstance(code, CodeType) else compile(code, whole, "exec", dont_inherit=True)
        exec(compiled, main.__dict__)  # noqa: S102  (that is what it is for)


def _read(path: str) -> bytes | CodeType:
    """Return the source of a program, or its code where the file is compiled."""
    try:
        with io.open_code(path) as file:
            data: bytes = file.read()
    except OSError as error:
        msg = f"Cannot open the program {path!r}: {error.strerror}."
        raise UnreadableProgramError(msg) from error
    if data.startswith(importlib.util.MAGIC_NUMBER):
        import marshal

        code: CodeType = marshal.loads(data[16:])  # noqa: S302  (Python runs the file just so)
        return code
    return data


def _is_folder_of_modules(path: str) -> bool:
    if os.path.isdir(path):  # noqa: PTH112
        return True
    if path.endswith(".py"):
        return False
    import zipfile

    return zipfile.is_zipfile(path)


def _prepend(folder: str) -> None:
    """Put the program's folder where Python puts it, in the place of that of the `lwfast` command."""
    if not sys.flags.safe_path:
        sys.path[0] = folder


def _new_main() -> ModuleType:
    main = ModuleType("__main__")
    main.__dict__["__builtins__"] = sys.modules["builtins"]
    if sys.version_info < (3, 14):
        vars(main)["__annotations__"] = {}
    # The command's own module goes on running, below the program.
    _kept.append(sys.modules["__main__"])
    sys.modules["__main__"] = main
    return main


_kept: list[ModuleType] = []


@contextlib.contextmanager
def _own_traceback(runner: CodeType) -> Iterator[None]:
    """Let Python print what a program raises without the frames that lead to it.

    Args:
        runner: The code that runs the program: the frames behind its frame are the program's own.
    """
    try:
        yield
    except SystemExit:
        raise
    except BaseException:
        # The hook may be the program's own, and asks for what Python would have given it.
        hook = sys.excepthook

        def without_ours(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> Any:
            sys.excepthook = hook
            while trace is not None and trace.tb_frame.f_code is not runner:
                trace = trace.tb_next
            trace = None if trace is None else trace.tb_next
            sys.last_traceback = trace
            return hook(kind, error.with_traceback(trace), trace)

        sys.excepthook = without_ours
        raise
