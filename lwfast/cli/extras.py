"""The optional packages: which extra brings which, and what to say where one is missing."""

from __future__ import annotations

from importlib.util import find_spec

from lwfast.errors import LightworksDependencyError

EXTRAS = {
    "plot": ("matplotlib",),
    "frames": ("pandas",),
    "arrow": ("pyarrow",),
    "progress": ("tqdm",),
    "server": ("starlette", "uvicorn", "jinja2"),
    "metrics": ("prometheus_client",),
    "distributed": ("dask", "distributed"),
}


def missing_of(extra: str) -> list[str]:
    """Return the packages of an extra that are not installed; imports none of them."""
    return [package for package in EXTRAS[extra] if find_spec(package) is None]


def require(what: str, *extras: str) -> None:
    """Check that the packages of some extras are there, before any work is done.

    Args:
        what: What needs them, to begin the sentence.
        extras: Names of extras, such as `plot`.

    Raises:
        LightworksDependencyError: Names every package that is missing, and the command that installs them.
    """
    lacking = {extra: packages for extra in extras if (packages := missing_of(extra))}
    if lacking:
        packages = [package for group in lacking.values() for package in group]
        raise LightworksDependencyError(
            f"{what} needs {' and '.join(packages)}: python -m pip install {' '.join(packages)} "
            f"(the extra lwfast[{','.join(lacking)}])."
        )
