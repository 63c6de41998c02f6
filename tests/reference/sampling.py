"""Slow twin of the sample counts: NumPy's own generator, and a loop."""

from __future__ import annotations

import numpy as np


def sample_counts(probabilities, n_samples, rng):
    """Draw with `Generator.choice` and count in a loop."""
    p = np.asarray(probabilities, dtype=float)
    counts = [0] * len(p)
    for outcome in np.random.default_rng(rng).choice(len(p), n_samples, p=p / p.sum()).tolist():
        counts[outcome] += 1
    return counts


def draw_outcomes(probabilities, uniforms):
    """Walk through the outcomes for each number, until their probabilities add up to more."""
    p = np.asarray(probabilities, dtype=float)
    bounds = (p.cumsum() / p.sum()).tolist()
    return [next((k for k, bound in enumerate(bounds) if bound > u), len(p) - 1) for u in uniforms]


def seen_of_stack(counts, states):
    """Go through the outcomes of each distribution, and note those that were seen."""
    rows, numbers, lengths = [], [], []
    for row in counts:
        seen = [k for k in range(len(states)) if row[k]]
        rows += [states[k] for k in seen]
        numbers += [row[k] for k in seen]
        lengths.append(len(seen))
    return rows, numbers, lengths
