"""Decode, encode, post-select, group, and the whole path, beside the libraries of the field."""

from __future__ import annotations

import pytest

from benchmarks import result_data as data
from benchmarks.adapters import results_lwfast, results_numpy
from benchmarks.peers import large, peers

ROWS = pytest.mark.parametrize("n_rows", [1_000, large(100_000)])


def once(benchmark, function, *args):
    return benchmark.pedantic(function, args=args, rounds=5, warmup_rounds=1)


@pytest.mark.benchmark(group="decode")
@ROWS
@pytest.mark.parametrize("peer", peers("results", "lwfast", "lightworks_remote", "msgspec", "orjson"))
def test_decode(benchmark, peer, n_rows):
    answer = once(benchmark, peer.decode, data.body(n_rows))
    results = answer.counts if peer is results_lwfast else answer["results"]
    assert len(results) == n_rows


@pytest.mark.benchmark(group="encode")
@ROWS
@pytest.mark.parametrize("peer", peers("results", "lwfast", "msgspec", "orjson"))
def test_encode(benchmark, peer, n_rows):
    states, counts = data.table(n_rows)
    expected = results_lwfast.encode(states, counts)
    args = (states, counts) if peer is results_lwfast else (peer.decode(expected),)
    text = once(benchmark, peer.encode, *args)
    assert text.replace(b" ", b"") == expected.replace(b" ", b"")


@pytest.mark.benchmark(group="post-select")
@ROWS
@pytest.mark.parametrize("peer", peers("results", "lwfast", "lightworks_remote", "numpy", "pandas", "polars"))
def test_post_select(benchmark, peer, n_rows):
    states, counts = data.table(n_rows)
    expected = results_numpy.post_select(states, counts, data.RULES, data.HERALDS)
    args = (peer.prepare(states, counts),) if hasattr(peer, "prepare") else (states, counts)
    assert once(benchmark, peer.post_select, *args, data.RULES, data.HERALDS) == expected


@pytest.mark.benchmark(group="group")
@ROWS
@pytest.mark.parametrize("peer", peers("results", "lwfast", "numpy", "pandas", "polars"))
def test_group(benchmark, peer, n_rows):
    states, counts = data.repeated(n_rows)
    expected = results_numpy.group(states, counts)
    args = (peer.prepare(states, counts),) if hasattr(peer, "prepare") else (states, counts)
    assert once(benchmark, peer.group, *args) == expected


@pytest.mark.benchmark(group="body to post-selected table")
@ROWS
@pytest.mark.parametrize("peer", peers("results", "lwfast", "lightworks_remote", "msgspec", "orjson"))
def test_whole_path(benchmark, peer, n_rows):
    expected = results_numpy.post_select(*data.table(n_rows), data.RULES, data.HERALDS)
    assert once(benchmark, peer.whole, data.body(n_rows)) == expected
