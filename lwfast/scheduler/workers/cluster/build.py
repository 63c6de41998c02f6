"""What the numbers of a result depend on, besides the job: the code that computes it.

Kernels that were compiled ahead stand for their sources, as long as they are what was built or installed.
Their bytes are not compared: an extension has the levels of the machine that built it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

_DIGITS = 8


def build_here() -> str:
    """Name the lwfast of this process' installation, and NumPy's version, whose streams may change with it.

    Equal names stand for equal results of the same job and seed.
    """
    import numpy as np

    import lwfast
    from lwfast._kernels.installed_file import changed_since_installed
    from lwfast._version import __version__

    folder = Path(lwfast.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py"), key=lambda path: path.relative_to(folder).as_posix()):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    numpy = ".".join(np.__version__.split(".")[:2])
    changed = "" if changed_since_installed() is None else ", with kernels changed after it was installed"
    return f"lwfast {__version__} (sources {digest.hexdigest()[:_DIGITS]}{changed}) with NumPy {numpy}"
