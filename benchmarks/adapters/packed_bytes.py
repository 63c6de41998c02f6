"""Tables in bytes with lwfast: what it did before there were words, and does with small tables."""

from __future__ import annotations

import numpy as np

from lwfast.results.processing.summaries import summary_of
from lwfast.rules import as_rules
from lwfast.tables import counts as grouping
from lwfast.tables.binning import some_modes, totals_of
from lwfast.tables.post_selection import select_checked

name = "lwfast, bytes"


def prepare(states, counts):
    return states, counts


def select(table, rules):
    _, sums = select_checked(*table, as_rules(rules), {})
    return len(sums), int(sums.sum())


def group(table):
    _, sums = grouping.group_bytes(*table)
    return len(sums), int(sums.sum())


def threshold(table):
    return group((np.minimum(table[0], np.uint8(1)), table[1]))


def parity(table):
    return group((table[0] & np.uint8(1), table[1]))


def summary(table):
    return int(summary_of(*table).sums.sum())


def marginal(table, modes):
    return group((some_modes(table[0], modes), table[1]))


def binned(table, bins):
    return group((totals_of(table[0], bins), table[1]))
