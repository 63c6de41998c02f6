"""Slow twins of the noise: every input the source can make, every way the detectors can fail."""

from __future__ import annotations

import itertools
from collections import defaultdict

from tests.reference.slos import output_distribution


def source_inputs(photons, terms):
    """Yield (probability, interfering photons, modes of distinguishable photons) for every combination."""
    slots = [mode for mode, k in enumerate(photons) for _ in range(k)]
    kinds = [
        (terms.missing, 0, 0),
        (terms.interfering, 1, 0),
        (terms.alone, 0, 1),
        (terms.both, 1, 1),
        (terms.pair, 0, 2),
    ]
    for combination in itertools.product(kinds, repeat=len(slots)):
        probability = 1.0
        interfering = [0] * len(photons)
        singles = []
        for mode, (p, together, alone) in zip(slots, combination, strict=True):
            probability *= p
            interfering[mode] += together
            singles += [mode] * alone
        if probability:
            yield probability, tuple(interfering), tuple(singles)


def merged(first, second):
    """Distribution of the sum of two independent outcomes."""
    found = defaultdict(float)
    for (a, p), (b, q) in itertools.product(first.items(), second.items()):
        found[tuple(x + y for x, y in zip(a, b, strict=True))] += p * q
    return dict(found)


def noisy_distribution(matrix, photons, terms):
    """Distribution behind an imperfect source."""
    m = len(photons)
    found = defaultdict(float)
    for probability, interfering, singles in source_inputs(photons, terms):
        parts = output_distribution(matrix, interfering)
        for mode in singles:
            one = [0] * m
            one[mode] = 1
            parts = merged(parts, output_distribution(matrix, one))
        for state, p in parts.items():
            found[state] += probability * p
    return dict(found)


def detected(distribution, efficiency, dark, resolving):
    """What the detectors report: each photon seen or not, each dark count, each click."""
    found = defaultdict(float)
    for state, probability in distribution.items():
        options = []
        for k, eta, d, resolves in zip(state, efficiency, dark, resolving, strict=True):
            mode = defaultdict(float)
            for seen in itertools.product((0, 1), repeat=k):
                p = 1.0
                for s in seen:
                    p *= eta if s else 1 - eta
                for extra, q in ((0, 1 - d), (1, d)):
                    count = sum(seen) + extra
                    mode[count if resolves else min(count, 1)] += p * q
            options.append(mode.items())
        for outcome in itertools.product(*options):
            p = probability
            for _, q in outcome:
                p *= q
            found[tuple(count for count, _ in outcome)] += p
    return dict(found)
