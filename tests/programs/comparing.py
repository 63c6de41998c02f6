"""How what a program found with one package is compared with what it found with another."""

from collections.abc import Mapping

import numpy as np
from scipy.stats import chi2

EXACT = 1e-10
FALSE_ALARM = 1e-9
"""Of each comparison of samples. Seeds are fixed: what does not ring today rings only after a change."""
_FEWEST = 10
"""Counts of a state in both samples together, below which states are put together."""


def differences(one, other):
    """Say what two packages disagree on, a line for each, of what a program kept."""
    found = []
    for kind in ("exact", "close", "sampled"):
        if one[kind].keys() != other[kind].keys():
            found.append(f"{kind}: {sorted(one[kind])} and {sorted(other[kind])}")
            continue
        for name in one[kind]:
            how = _COMPARED[kind](one[kind][name], other[kind][name])
            if how:
                found.append(f"{kind} {name}: {how}")
    return found


def exact(one, other, tolerance=EXACT):
    """How far two values are apart that should be the same; nothing where they are."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        # What cannot happen is listed by one package, and left out by the other.
        absent = 0.0 if all(isinstance(v, float) for v in [*one.values(), *other.values()]) else None
        if absent is None and one.keys() != other.keys():
            return f"{sorted(one)} and {sorted(other)}"
        pairs = ((exact(one.get(k, absent), other.get(k, absent), tolerance), k) for k in {**one, **other})
        return "; ".join(f"{key}: {how}" for how, key in pairs if how)
    if isinstance(one, list) and isinstance(other, list):
        if len(one) != len(other):
            return f"{len(one)} and {len(other)} entries"
        pairs = (exact(a, b, tolerance) for a, b in zip(one, other, strict=True))
        return "; ".join(how for how in pairs if how)
    if isinstance(one, str | bool) or isinstance(other, str | bool):
        return "" if one == other else f"{one!r} and {other!r}"
    a, b = np.asarray(one) * 1, np.asarray(other) * 1  # a bool becomes a number
    if a.shape != b.shape:
        return f"shapes {a.shape} and {b.shape}"
    if a.dtype.kind not in "biufc" or b.dtype.kind not in "biufc":
        return "" if np.array_equal(a, b) else f"{one!r} and {other!r}"
    apart = float(np.max(np.abs(a - b), initial=0.0))
    return "" if apart <= tolerance else f"{apart:.3g} apart"


def close(one, other):
    """How far two estimates are apart beyond their tolerance."""
    return exact(one[0], other[0], tolerance=max(one[1], other[1]))


def sampled(one, other):
    """Whether two samples may be of one distribution, by a chi-square test of their counts."""
    states = sorted({**one, **other})
    counts = np.array([[sample.get(state, 0) for state in states] for sample in (one, other)], float)
    totals = counts.sum(axis=1)
    if not totals.all():
        return "" if not totals.any() else f"{totals.tolist()} samples"
    rare = counts.sum(axis=0) < _FEWEST
    counts = np.column_stack([counts[:, ~rare], counts[:, rare].sum(axis=1)])
    counts = counts[:, counts.sum(axis=0) > 0]
    expected = totals[:, np.newaxis] * counts.sum(axis=0) / totals.sum()
    statistic = float(((counts - expected) ** 2 / expected).sum())
    chance = float(chi2.sf(statistic, max(counts.shape[1] - 1, 1)))
    return "" if chance >= FALSE_ALARM else f"chi-square {statistic:.1f}, with a chance of {chance:.2g}"


_COMPARED = {"exact": exact, "close": close, "sampled": sampled}
