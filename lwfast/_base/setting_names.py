"""Which of many settings an error is about, said in one way: in its text, or beside it where it has none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager


def told_values(labels: Sequence[str], values: Sequence[float]) -> str:
    """Return the values of a setting as text, such as `theta=0.3, mix=0.5`."""
    return ", ".join(f"{label}={value:.6g}" for label, value in zip(labels, values, strict=True))


@contextmanager
def naming_setting(
    whole: str, place: Callable[[], object], values: Callable[[], str] = str
) -> Iterator[None]:
    """Say of an error which setting it comes of, once: `Setting 3 of the sweep (theta=0.3): ...`.

    An error that has more to it than a text, such as an OSError, keeps what it has and gets a note.

    Args:
        whole: What it is a setting of: "sweep" or "stack".
        place: Returns the number of the setting, or its numbers along several axes.
        values: Returns what `told_values` says of it, where there are labels.
    """
    try:
        yield
    except Exception as error:
        if not getattr(error, "names_setting", False):
            told = values()
            name = f"Setting {place()} of the {whole}" + (f" ({told})" if told else "")
            if error.args == (str(error),):
                error.args = (f"{name}: {error}",)
            else:
                error.add_note(f"{name} gave this.")
            error.names_setting = True  # type: ignore[attr-defined]
        raise
