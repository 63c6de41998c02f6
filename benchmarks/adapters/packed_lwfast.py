"""Tables in words with lwfast."""

from __future__ import annotations

from lwfast.results.processing.summaries import summary_of
from lwfast.rules import as_rules
from lwfast.tables.binning import some_modes, totals_of
from lwfast.tables.counts import group_checked
from lwfast.tables.packed_table import packed
from lwfast.tables.post_selection import select_checked

name = "lwfast"


def prepare(states, counts):
    return packed(states), counts


def select(table, rules):
    _, sums = select_checked(*table, as_rules(rules), {})
    return len(sums), int(sums.sum())


def group(table):
    _, sums = group_checked(*table)
    return len(sums), int(sums.sum())


def threshold(table):
    words, counts = table
    _, sums = group_checked(words.clicked(parity=False, invert=False), counts)
    return len(sums), int(sums.sum())


def parity(table):
    words, counts = table
    _, sums = group_checked(words.clicked(parity=True, invert=False), counts)
    return len(sums), int(sums.sum())


def summary(table):
    return int(summary_of(*table).sums.sum())


def marginal(table, modes):
    words, counts = table
    _, sums = group_checked(some_modes(words, modes), counts)
    return len(sums), int(sums.sum())


def binned(table, bins):
    words, counts = table
    _, sums = group_checked(totals_of(words, bins), counts)
    return len(sums), int(sums.sum())
