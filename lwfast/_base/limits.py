"""Limits that several rooms share, each named once. A limit that one file alone knows stands there."""

from __future__ import annotations

from collections.abc import Sequence

from lwfast.errors import ResourceLimitError

MAX_STATE_PHOTONS = 255
"""Most photons of a state in a table: a mode holds them in a uint8."""
MAX_FACTORIAL_PHOTONS = 170
"""170! is the largest factorial of a float64, so amplitudes end there."""
MAX_INT64 = 2**63 - 1
"""Largest count, rank or id: all of them are int64."""
MAX_QPU_MODES = 255
"""Most modes of any QPU."""
MAX_NAMED = 20
"""Most ids that a message names."""
MAX_NESTING = 100
"""Levels of lists and objects in what users give along: the reader of .json files takes 512, and Python's
`deepcopy` about 300."""
SINGLE_PRECISION = 1e-5
"""How far a unitary that was computed in single precision may miss unitarity, and entries each other."""
MIB = 1 << 20


def check_state_photons(n_photons: int, subject: str) -> None:
    """Check that a table can hold a state of so many photons.

    Args:
        n_photons: The most photons of a state.
        subject: Stands before the number in the message, such as "The input has".

    Raises:
        ResourceLimitError: There are more than 255.
    """
    if n_photons > MAX_STATE_PHOTONS:
        msg = (
            f"{subject} {n_photons} photons; a table of states holds at most {MAX_STATE_PHOTONS}, since each "
            "of its modes is a uint8."
        )
        raise ResourceLimitError(msg)


def some(names: Sequence[str], most: int = MAX_NAMED) -> str:
    """Return the first of many names and how many more there are, for a message that people can read."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def first_ids(ids: Sequence[str]) -> str:
    """The ids of a message, which names the first 20 of them and says how many there are."""
    return some(ids) + (f" ({len(ids)} in all)" if len(ids) > MAX_NAMED else "")
