"""Decode, encode, post-select, group, and the whole path, beside the libraries of the field."""

from __future__ import annotations

import pytest

from benchmarks import result_data as data
from benchmarks.adapters import (
    results_lightworks_remote,
    results_lwfast,
    results_msgspec,
    results_numpy,
    results_orjson,
    results_pandas,
    results_polars,
)

N_ROWS = 100_000


def once(benchmark, function, *args):
    return benchmark.pedantic(function, args=args, rounds=5, warmup_rounds=1)


@pytest.mark.benchmark(group="decode, 10^5 rows")
@pytest.mark.parametrize(
    "peer", [results_lwfast, results_lightworks_remote, results_msgspec, results_orjson], ids=lambda p: p.name
)
def test_decode(benchmark, peer):
    answer = once(benchmark, peer.decode, data.body(N_ROWS))
    results = answer.counts if peer is results_lwfast else answer["results"]
    assert len(results) == N_ROWS


@pytest.mark.benchmark(group="encode, 10^5 rows")
@pytest.mark.parametrize("peer", [results_lwfast, results_msgspec, results_orjson], ids=lambda p: p.name)
def test_encode(benchmark, peer):
    states, counts = data.table(N_ROWS)
    expected = results_lwfast.encode(states, counts)
    args = (states, counts) if peer is results_lwfast else (peer.decode(expected),)
    text = once(benchmark, peer.encode, *args)
    assert text.replace(b" ", b"") == expected.replace(b" ", b"")


@pytest.mark.benchmark(group="post-select, 10^5 rows")
@pytest.mark.parametrize(
    "peer",
    [results_lwfast, results_lightworks_remote, results_numpy, results_pandas, results_polars],
    ids=lambda p: p.name,
)
def test_post_select(benchmark, peer):
    states, counts = data.table(N_ROWS)
    expected = results_numpy.post_select(states, counts, data.RULES, data.HERALDS)
    args = (peer.prepare(states, counts),) if hasattr(peer, "prepare") else (states, counts)
    assert once(benchmark, peer.post_select, *args, data.RULES, data.HERALDS) == expected


@pytest.mark.benchmark(group="group, 10^5 rows")
@pytest.mark.parametrize(
    "peer", [results_lwfast, results_numpy, results_pandas, results_polars], ids=lambda p: p.name
)
def test_group(benchmark, peer):
    states, counts = data.repeated(N_ROWS)
    expected = results_numpy.group(states, counts)
    args = (peer.prepare(states, counts),) if hasattr(peer, "prepare") else (states, counts)
    assert once(benchmark, peer.group, *args) == expected


@pytest.mark.benchmark(group="body to post-selected table, 10^5 rows")
@pytest.mark.parametrize(
    "peer", [results_lwfast, results_lightworks_remote, results_msgspec, results_orjson], ids=lambda p: p.name
)
def test_whole_path(benchmark, peer):
    expected = results_numpy.post_select(*data.table(N_ROWS), data.RULES, data.HERALDS)
    assert once(benchmark, peer.whole, data.body(N_ROWS)) == expected
