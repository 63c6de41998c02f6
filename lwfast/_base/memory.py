"""What fits into memory, asked before a long computation begins."""

from __future__ import annotations

import functools
import math
import os

from lwfast.errors import ResourceLimitError

_FALLBACK_BYTES = 4 << 30
"""Taken as the machine's memory where the system does not tell."""


_share: int | None = None


def share_memory(n_bytes: int | None) -> None:
    """Let a computation of this process take at most `n_bytes` from now on; None for all that is allowed.

    Others compute beside it, in processes of their own, and what is allowed is for all of them together.
    """
    global _share
    _share = n_bytes


def memory_limit() -> int:
    """Return how many bytes a computation may take: what is allowed, or the share of this process.

    Raises:
        ValueError: As `allowed_memory`.
    """
    allowed = allowed_memory()
    return allowed if _share is None else min(allowed, _share)


def allowed_memory() -> int:
    """Return how many bytes all computations together may take that share the memory with this one.

    That is `LWFAST_MAX_MEMORY`, or half of what this process may have: the memory of the machine, or less
    where a control group (a container, a batch system) gives less.

    Raises:
        ValueError: `LWFAST_MAX_MEMORY` is not a positive number of bytes.
    """
    given = os.environ.get("LWFAST_MAX_MEMORY")
    if not given:
        return _machine_bytes() // 2
    try:
        number = float(given)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        msg = (
            f"LWFAST_MAX_MEMORY should be a positive number of bytes, such as 4e9, got {given!r}. Unset it "
            "to allow half of the memory."
        )
        raise ValueError(msg)
    return int(number)


@functools.cache
def _machine_bytes() -> int:
    try:
        machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        machine = _FALLBACK_BYTES
    return min([machine, *control_group_limits()])


def control_group_limits(
    membership: str | os.PathLike[str] = "/proc/self/cgroup", root: str | os.PathLike[str] = "/sys/fs/cgroup"
) -> list[int]:
    """Return the memory limits in bytes of the control groups that this process is in, and of those above.

    Args:
        membership: Lines "number:controllers:path", without controllers for version 2.
        root: Where the groups are mounted.
    """
    limits = []
    for line in _text(membership).splitlines():
        _, controllers, group = [*line.split(":", 2), "", "", ""][:3]
        if controllers == "":
            base, name = os.fspath(root), "memory.max"
        elif "memory" in controllers.split(","):
            base, name = f"{os.fspath(root)}/memory", "memory.limit_in_bytes"
        else:
            continue
        parts = [part for part in group.split("/") if part]
        # In a container the path may be the one outside of it; the group itself is then at the root.
        for depth in range(len(parts), -1, -1):
            value = _text("/".join([base, *parts[:depth], name])).strip()
            if value.isdecimal():  # "max" is not a limit
                limits.append(int(value))
    return limits


def _text(path: str | os.PathLike[str]) -> str:
    try:
        with open(path, encoding="ascii") as file:  # noqa: PTH123  (pathlib takes longer to import than all this)
            return file.read()
    except (OSError, ValueError):
        return ""


def readable_bytes(count: int) -> str:
    """Return a number of bytes with a unit that fits."""
    for power, unit in enumerate(("B", "kB", "MB", "GB", "TB", "PB")):
        if count < 1000 ** (power + 1):
            return f"{count / 1000**power:.3g} {unit}"
    whole = count // 10**18
    return f"{whole} EB" if whole < 1000 else f"10^{len(str(whole)) + 17} bytes"


def check_memory(needed: int, what: str, limit: int | None = None, remedy: str = "") -> None:
    """Raise unless `needed` bytes are allowed.

    Args:
        needed: Estimate of what the work takes, in bytes.
        what: What would take them, the subject of the message.
        limit: Allowed bytes; None takes `memory_limit()`.
        remedy: What to do instead, added to the message.

    Raises:
        ResourceLimitError: They are not; the message gives estimate and limit.
    """
    allowed = memory_limit() if limit is None else limit
    if needed > allowed:
        msg = (
            f"{what} would take about {readable_bytes(needed)} of memory, and {readable_bytes(allowed)} are "
            f"allowed (LWFAST_MAX_MEMORY sets the limit). {remedy}"
        )
        raise ResourceLimitError(msg.strip())
