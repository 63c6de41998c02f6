"""Programs written for Lightworks, as they are: `import lightworks` gives lwfast.

`lwfast run script.py` runs a program so, and `%load_ext lwfast.lightworks` does it for a notebook.
"""

from __future__ import annotations

from typing import Any

from lwfast.lightworks.stand_in import install, remove

__all__ = ["install", "load_ipython_extension", "remove", "unload_ipython_extension"]


def load_ipython_extension(ipython: Any) -> None:  # noqa: ARG001  (IPython passes its shell)
    """Take Lightworks' place in a notebook: `%load_ext lwfast.lightworks`, before Lightworks is imported."""
    install()


def unload_ipython_extension(ipython: Any) -> None:  # noqa: ARG001  (IPython passes its shell)
    """Leave it again: `%unload_ext lwfast.lightworks`."""
    remove()
