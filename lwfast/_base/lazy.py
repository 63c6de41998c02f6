"""Names of a package that are imported on first use (PEP 562).

They are listed once, in the stub beside the package's `__init__.py`: type checkers and editors read it, and
so does `attach`. A stub of a hundred names is read in about a third of a millisecond; the parser that is
used is the interpreter's own, because the module `ast` would take longer to import than all of the stub.
"""

from __future__ import annotations

import _ast
import importlib
import os
import sys
from collections.abc import Callable
from typing import Any


def attach(package: str) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Return `__getattr__`, `__dir__` and `__all__` for a package, made from its stub.

    Args:
        package: The package's `__name__`. Each name of its stub stands in a `from module import name as name`
            with an absolute module; a module that is the package itself names a submodule.

    Returns:
        The two functions and the sorted list of names.
    """
    module = sys.modules[package]
    path = os.path.join(module.__path__[0], "__init__.pyi")  # noqa: PTH118  (pathlib takes 9 ms to import)
    source = module.__spec__.loader.get_data(path)  # type: ignore[union-attr]  # also from a zip file
    homes: dict[str, str] = {}
    for node in compile(source, path, "exec", _ast.PyCF_ONLY_AST).body:  # type: ignore[attr-defined]
        if isinstance(node, _ast.ImportFrom) and node.module is not None:
            homes.update({alias.asname or alias.name: node.module for alias in node.names})

    def find(name: str) -> Any:
        """Import the home of `name` on first use."""
        if name not in homes:
            raise AttributeError(f"Module {package!r} has no attribute {name!r}")
        if homes[name] == package:
            return importlib.import_module(f"{package}.{name}")
        value = getattr(importlib.import_module(homes[name]), name)
        setattr(module, name, value)
        return value

    names = sorted(homes)
    return find, lambda: names, names
