"""Results with lwfast."""

from __future__ import annotations

import lwfast as lw
from lwfast.results import QPUSamplingResult

name = "lwfast"


def decode(body):
    return lw.decode_result(body)


def encode(states, counts):
    return lw.encode_result(states, counts)


def post_select(states, counts, rules, heralds):
    _, sums = lw.post_select(states, counts, rules, heralds)
    return len(sums), sums.sum()


def group(states, counts):
    _, sums = lw.group_counts(states, counts)
    return len(sums), sums.sum()


def whole(body):
    result = QPUSamplingResult.from_body(body)
    return len(result), result.n_samples
