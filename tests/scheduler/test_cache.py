"""Bytes in memory, the latest ones, within a budget."""

from __future__ import annotations

from lwfast.scheduler.store.cache import ByteCache


def test_the_oldest_values_go_first():
    cache = ByteCache(10)
    for key in range(4):
        cache.put(key, bytes([key]) * 3)
    assert [cache.get(key) for key in range(4)] == [None, b"\1" * 3, b"\2" * 3, b"\3" * 3]
    cache.put(4, b"ab")
    assert cache.get(1) is None
    assert cache.get(2) == b"\2" * 3
    cache.put(5, b"ab")
    assert cache.get(2) == b"\2" * 3, "ten bytes fit"


def test_a_value_takes_the_place_of_the_one_before():
    cache = ByteCache(10)
    cache.put(1, b"a" * 9)
    cache.put(1, b"b")
    cache.put(2, b"c" * 9)
    assert (cache.get(1), cache.get(2)) == (b"b", b"c" * 9)
    cache.drop(2)
    cache.drop(7)
    cache.put(3, b"d" * 9)
    assert (cache.get(1), cache.get(2), cache.get(3)) == (b"b", None, b"d" * 9)


def test_what_is_larger_than_the_budget_is_not_kept():
    cache = ByteCache(3)
    cache.put(1, b"abcd")
    assert cache.get(1) is None
    cache.put(2, b"abc")
    assert cache.get(2) == b"abc"
