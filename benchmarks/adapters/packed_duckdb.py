"""The columns and the words of a table with DuckDB, as tables in its memory."""

from __future__ import annotations

import duckdb

name = "duckdb"


def prepare(frame):
    """A polars frame as a table of DuckDB."""
    connection = duckdb.connect()
    connection.register("given", frame.to_arrow())
    connection.execute("create table t as select * from given")
    connection.unregister("given")
    return connection


def _answer(connection, query):
    return tuple(int(n) for n in connection.execute(query).fetchone())


def select(connection, rules):
    where = " and ".join(
        f"{'+'.join(f'm{m}::int' for m in modes)} in {_listed(totals)}" for modes, totals in rules
    )
    return _kept(connection, where)


def select_words(connection, rules, bits, n_modes):
    def field(mode):
        return f"((w >> {bits * (n_modes - 1 - mode)}) & {(1 << bits) - 1})"

    where = " and ".join(f"{'+'.join(map(field, modes))} in {_listed(totals)}" for modes, totals in rules)
    return _kept(connection, where)


def _listed(totals):
    return f"({', '.join(map(str, totals))})"


def _kept(connection, where):
    connection.execute(f"create or replace temp table kept as select * from t where {where}")
    return _answer(connection, "select count(*), sum(n) from kept")


def group(connection, keys):
    connection.execute(f"create or replace temp table kept as select {keys}, sum(n) as n from t group by all")
    return _answer(connection, "select count(*), sum(n) from kept")
