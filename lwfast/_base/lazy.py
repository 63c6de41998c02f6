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
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec


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
            if name.startswith("_"):
                raise AttributeError(f"Module {package!r} has no attribute {name!r}")
            from lwfast._base.aliases.alias_modules import look_up

            return look_up(module, name)
        if homes[name] == package:
            return importlib.import_module(f"{package}.{name}")
        value = getattr(importlib.import_module(homes[name]), name)
        setattr(module, name, value)
        return value

    names = sorted(homes)
    return find, lambda: names, names


def reserve(package: str, name: str) -> None:
    """Put the module at one of Lightworks' paths in place whose package has an object of that name.

    Imported later, the module would take the place of the object: `from lwfast.remote.token import Token`
    would leave no token at `lwfast.remote.token`.

    Args:
        package: Name of the package.
        name: The object's name, and the module's.
    """
    from types import ModuleType

    module = ModuleType(f"{package}.{name}")
    module.__spec__ = type(sys.modules[package].__spec__)(module.__name__, None)  # type: ignore[misc]
    module.__path__ = []

    def find(wanted: str) -> Any:
        """Fill the module when it is asked for the first of its names."""
        from lwfast._base.aliases.alias_modules import fill

        fill(module)
        return getattr(module, wanted)

    module.__getattr__ = find  # type: ignore[method-assign]
    sys.modules[module.__name__] = module


class AliasFinder:
    """Finds the modules at Lightworks' deep paths, such as `lwfast.sdk.circuit`.

    It stands last in `sys.meta_path`, so that only names which nothing else has come here; the table of paths
    is loaded when the first of them does.
    """

    @staticmethod
    def find_spec(name: str, _path: Any = None, _target: Any = None) -> ModuleSpec | None:
        """Return how the module at a path of the table is loaded, or None for any other name."""
        if not name.startswith("lwfast."):
            return None
        from lwfast._base.aliases.alias_modules import spec_of

        return spec_of(name)
