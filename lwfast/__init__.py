"""lwfast: the Lightworks job path, fast.

Tasks, results, local emulation, a remote client and a local scheduler. Names are looked up on first use, so
that `import lwfast` costs next to nothing: it reads no file, opens no socket and compiles nothing.
"""

import sys

from lwfast._base.lazy import AliasFinder, attach
from lwfast._version import __version__ as __version__

__getattr__, __dir__, __all__ = attach(__name__)
sys.meta_path.append(AliasFinder)  # type: ignore[arg-type]  # a class that is its own finder, as those of Python
