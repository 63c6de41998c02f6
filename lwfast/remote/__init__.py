"""The client: QPUs, jobs and results at a remote scheduler, or at one that runs here.

Names are looked up on first use, so that importing this module reads no file and loads no HTTP library.
"""

from lwfast._base.lazy import attach, reserve

__getattr__, __dir__, __all__ = attach(__name__)
reserve(__name__, "token")
