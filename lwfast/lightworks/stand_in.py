"""A finder that answers `import lightworks` with lwfast, whether or not Lightworks is installed."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterable, Iterator
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from lwfast._version import LIGHTWORKS_REMOTE_VERSION, LIGHTWORKS_VERSION
from lwfast.lightworks.started_processes import follow, leave

PLACES = {"lightworks": "lwfast", "lightworks_remote": "lwfast.remote"}
"""What is imported in place of each package."""
_VERSIONS = {"lightworks": LIGHTWORKS_VERSION, "lightworks-remote": LIGHTWORKS_REMOTE_VERSION}


def install() -> None:
    """Let `import lightworks` and `lightworks_remote` give lwfast in this process, and in those it starts.

    Processes are those of `multiprocessing`. Calling it again changes nothing.

    Raises:
        ImportError: Lightworks itself was imported before.
    """
    if StandIn in sys.meta_path:
        return
    for name in PLACES:
        if name in sys.modules:
            msg = (
                f"{name} was imported before lwfast could take its place. Start again (in a notebook: "
                "restart the kernel), and load lwfast.lightworks first."
            )
            raise ImportError(msg, name=name)
    sys.meta_path.insert(0, StandIn)  # a class that is its own finder
    follow(install)


def remove() -> None:
    """Let `import lightworks` give Lightworks again; what a program has imported stays what it is."""
    if StandIn in sys.meta_path:
        sys.meta_path.remove(StandIn)
    leave()
    for name in [name for name in sys.modules if name.partition(".")[0] in PLACES]:
        del sys.modules[name]


class StandIn:
    """Finds our module for each of Lightworks'."""

    @staticmethod
    def find_spec(name: str, _path: Any = None, _target: Any = None) -> ModuleSpec | None:
        """Return how our module is taken, or None where it is not Lightworks' or nothing stands there."""
        ours = _place_of(name)
        if ours is None or importlib.util.find_spec(ours) is None:
            return None
        return ModuleSpec(name, _Taker(), origin=ours, is_package=True)  # type: ignore[arg-type]

    @staticmethod
    def find_distributions(context: Any = None) -> Iterator[Any]:
        """Yield the versions that lwfast stands in for, for `importlib.metadata.version('lightworks')`."""
        from importlib.metadata import Distribution

        class _Version(Distribution):
            """The metadata of a package whose place lwfast takes."""

            def __init__(self, name: str) -> None:
                self._package = name

            def read_text(self, filename: str) -> str | None:
                """Return the metadata, and no other file."""
                version = _VERSIONS[self._package]
                text = f"Metadata-Version: 2.1\nName: {self._package}\nVersion: {version}\n"
                return text if filename == "METADATA" else None

            def locate_file(self, path: Any) -> Any:
                """Return the path: there is no file."""
                return path

        wanted = getattr(context, "name", None)
        return (_Version(name) for name in _asked_for(wanted))


def _asked_for(name: str | None) -> Iterable[str]:
    return [known for known in _VERSIONS if name is None or name.lower().replace("_", "-") == known]


def _place_of(name: str) -> str | None:
    root, dot, rest = name.partition(".")
    return f"{PLACES[root]}{dot}{rest}" if root in PLACES else None


class _Taker:
    """Puts our module where Lightworks' is looked for."""

    @staticmethod
    def create_module(spec: ModuleSpec) -> None:
        """Leave the making of a module to Python; it is given up in `exec_module`."""

    @staticmethod
    def exec_module(module: ModuleType) -> None:
        """Put our module in the place of the new one."""
        name = module.__name__
        sys.modules[name] = importlib.import_module(_place_of(name) or "")
        if name == "lightworks_remote":
            # The package has an object of that name; see `lwfast._base.lazy.reserve`.
            sys.modules[f"{name}.token"] = sys.modules["lwfast.remote.token"]

    @staticmethod
    def get_code(name: str) -> Any:
        """Return the code of a module, for `python -m`."""
        ours = _place_of(name) or ""
        spec = importlib.util.find_spec(ours)
        loader: Any = spec.loader if spec is not None else None
        return loader.get_code(ours)
