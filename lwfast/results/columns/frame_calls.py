"""`pandas.DataFrame(result)` and `polars.DataFrame(result)`: errors that name what to call instead.

pandas takes what has an `__array__` for a column of numbers, which loses the states without a word. polars
takes every mapping for one from names to columns, before it looks for an Arrow stream, and fails at the first
state. There is no protocol by which a mapping could hand either of them a table, so who calls is looked at.
"""

from __future__ import annotations

import sys


def refuse_pandas(remedy: str) -> None:
    """Raise if the caller of the calling method is the constructor of a pandas DataFrame.

    Args:
        remedy: What makes the DataFrame.

    Raises:
        TypeError: It is.
    """
    frame = sys._getframe(2)  # noqa: SLF001  (the one way to know who asks)
    if frame.f_globals.get("__name__") == "pandas.core.frame" and frame.f_code.co_name == "__init__":
        raise TypeError(f"Use {remedy}: pandas.DataFrame(result) would lose the states.")


def refuse_polars(remedy: str) -> None:
    """Raise if the caller of the calling method belongs to polars.

    Args:
        remedy: What makes the DataFrame.

    Raises:
        TypeError: It does.
    """
    frame = sys._getframe(2)  # noqa: SLF001  (the one way to know who asks)
    if str(frame.f_globals.get("__name__")).startswith("polars."):
        raise TypeError(
            f"Use {remedy}: polars.DataFrame(result) would read each state as the name of a column."
        )
