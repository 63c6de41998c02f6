"""What is installed, and how kernels run here: for `lwfast doctor`, and for reports of faults."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path
from typing import Literal, overload

from lwfast._version import LIGHTWORKS_VERSION, __version__

NEEDED = ("numpy", "numba", "requests", "urllib3", "msgspec", "platformdirs", "click", "rich")
NUMBA_IS_NEEDED = (
    "Numba is only needed where kernels were not compiled ahead of time, with LWFAST_JIT=1, and to build them"
)


def versions() -> dict[str, str]:
    """Return the version of each package that lwfast depends on; empty where it is not installed."""
    from importlib import metadata

    found = {}
    for name in NEEDED:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = ""
    return found


def hidden() -> str | None:
    """Say that this lwfast hides an installed one, and how to use that; None if it hides none.

    Python looks in the current folder first, so a program that is started in a checkout imports its sources
    and not what pip installed.
    """
    from importlib import metadata

    here = Path(__file__).resolve().parents[1]
    for installed in metadata.distributions(name="lwfast"):
        there = Path(str(installed.locate_file("lwfast"))).resolve()
        if there == here or not (there / "__init__.py").is_file():  # it is this one, or installed as editable
            continue
        is_current = here.parent == Path.cwd().resolve()
        where, remedy = (
            ("the current folder", "go to another folder")
            if is_current
            else (f"{here.parent}", "take that folder out of PYTHONPATH, or start Python elsewhere")
        )
        return (
            f"this is the lwfast of {where}, which hides the installed one (lwfast {installed.version} in "
            f"{there.parent}); to use that, {remedy}"
        )
    return None


def system() -> str:
    """Return what this machine is."""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"


def kernels() -> dict[str, str]:
    """Return how kernels run; or, as `cannot run`, why they do not."""
    try:
        from lwfast._kernels.report import kernel_config

        return kernel_config()
    except (ImportError, RuntimeError) as error:  # of Numba, or of a level that is not there
        return {"cannot run": str(error)}


@overload
def show_config(mode: Literal["stdout"] = "stdout") -> None: ...


@overload
def show_config(mode: Literal["dicts"]) -> dict[str, dict[str, str]]: ...


def show_config(mode: str = "stdout") -> dict[str, dict[str, str]] | None:
    """Show versions, the system, and how kernels run in this process and why.

    Args:
        mode: "stdout", the default, prints the information; "dicts" returns it as a dictionary.

    Returns:
        With "dicts", a dictionary of `versions`, `system` and `kernels`, each a dictionary of texts.

    Raises:
        ValueError: `mode` is another one.

    Example:
        >>> lw.show_config()
        versions:
          lwfast: ...
    """
    if mode not in {"stdout", "dicts"}:
        raise ValueError(f'The mode {mode!r} is unknown; use "stdout" or "dicts".')
    found = {
        "versions": {
            "lwfast": __version__,
            "matches Lightworks": LIGHTWORKS_VERSION,
            "Python": platform.python_version(),
            **{name: version or "not installed" for name, version in versions().items()},
        },
        "system": {"machine": system(), "Python": sys.executable},
        "kernels": kernels(),
    }
    if mode == "dicts":
        return found
    for title, rows in found.items():
        print(f"{title}:")
        for name, text in rows.items():
            print(f"  {name}: {text}")
    return None
