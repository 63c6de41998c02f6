"""Say how far a campaign is."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from lwfast.errors import LightworksDependencyError


class Progress:
    """Counts files; a context manager.

    Args:
        wanted: None or False for silence, True for a bar of tqdm, or a callable that takes the files done and
            all files.
        total: Number of files.

    Raises:
        LightworksDependencyError: If a bar is wanted and tqdm is not installed.
        TypeError: If `wanted` is something else.
    """

    def __init__(self, wanted: Any, total: int) -> None:
        self._done = 0
        self._total = total
        self._bar: Any = None
        self._report: Callable[[int, int], Any] | None = None
        if wanted is True:
            try:
                from tqdm.auto import tqdm
            except ImportError:
                raise LightworksDependencyError(
                    "tqdm is not installed; python -m pip install tqdm (the extra lwfast[progress])"
                ) from None
            self._bar = tqdm(total=total, unit="file")
        elif callable(wanted):
            self._report = wanted
        elif wanted not in (None, False):
            raise TypeError(f"progress is True, False or a callable, not {type(wanted).__name__}")

    def advance(self, n: int) -> None:
        """Count `n` more files as done."""
        self._done += n
        if self._bar is not None:
            self._bar.update(n)
        if self._report is not None:
            self._report(self._done, self._total)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()
