"""Lists are narrowed alike in memory and in the store."""

from __future__ import annotations

import contextlib
import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwfast.scheduler.faults import UnavailableError
from lwfast.scheduler.job_query import JobQuery
from lwfast.scheduler.jobs import StoredJob
from lwfast.scheduler.qpus import load_qpus
from lwfast.scheduler.server_settings import STORE_FILE
from lwfast.scheduler.store import reader as reader_module
from lwfast.scheduler.store.checksums import CHECKSUM
from lwfast.scheduler.store.gate import Gate
from lwfast.scheduler.store.reader import Reader
from lwfast.scheduler.store.store import LIVE, Store
from lwfast.scheduler.validation.payloads import check_one
from lwfast.wire import Status
from tests.scheduler.harness import payload

TIMES = [f"2025-10-16T08:25:4{k}.928816Z" for k in range(4)]
FINISHED = [status for status in Status if status.is_complete]
names = st.text(st.sampled_from("aAbBkK%_\\*# 12ÄäK\u0130\0"), max_size=8)


def job(job_id, name="", created=TIMES[0], status=Status.COMPLETED, qpu="A"):
    return StoredJob(
        id=job_id,
        name=name,
        qpu=qpu,
        status=status,
        created=created,
        updated=created,
        n_modes=2,
        n_photons=1,
        n_samples=1,
        min_detection=1,
        timeout_seconds=1.0,
    )


queries = st.builds(
    JobQuery,
    statuses=st.none() | st.sets(st.sampled_from(FINISHED), min_size=1),
    name=st.none() | names,
    qpu=st.none() | st.sampled_from("AB"),
    ids=st.none() | st.sets(st.integers(-1, 20)),
    before=st.none() | st.integers(0, 20),
    search=st.none() | names,
    since=st.none() | st.sampled_from(TIMES),
    until=st.none() | st.sampled_from(TIMES),
)
some_jobs = st.lists(
    st.builds(
        job,
        st.integers(1, 15),
        names,
        st.sampled_from(TIMES),
        st.sampled_from(FINISHED),
        st.sampled_from("AB"),
    ),
    max_size=12,
    unique_by=lambda each: each.id,
)


@given(query=queries, jobs=some_jobs)
def test_memory_and_store_agree(query, jobs):
    """Whatever is asked, a finished job is found in memory where it would be found in the store."""
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE jobs (id INTEGER PRIMARY KEY, name, qpu, status, created)")
        rows = [(each.id, each.name, each.qpu, each.status.wire_name, each.created) for each in jobs]
        connection.executemany("INSERT INTO jobs VALUES (?, ?, ?, ?, ?)", rows)
        where, values = query.conditions(LIVE)
        found = {row[0] for row in connection.execute(f"SELECT id FROM jobs WHERE {where}", values)}
    assert found == {each.id for each in jobs if query.matches(each)}


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("hom", ["HOM 1", "a hom"]),
        ("HOM*", ["HOM 1"]),
        ("*m", ["a hom"]),
        ("1", ["HOM 1", "first"]),
        ("#1", ["first", "#1"]),
        ("100%", ["100% loss"]),
        ("_", ["under_score"]),
        ("*", ["HOM 1", "a hom", "first", "100% loss", "under_score", "#1"]),
    ],
)
def test_what_a_search_finds(search, found):
    jobs = [job(number + 10, name) for number, name in enumerate(["HOM 1", "a hom"])]
    jobs += [job(1, "first"), job(20, "100% loss"), job(21, "under_score"), job(22, "#1")]
    if search == "1":
        jobs.pop()  # it has a 1 in its name
        jobs.pop(3)
    assert [each.name for each in jobs if JobQuery(search=search).matches(each)] == found


def test_many_stars_end():
    """A pattern of many stars is compared step by step; trying every way to cut a name would not end."""
    assert not JobQuery(search="*a" * 90 + "b").matches(job(1, "a" * 1000))
    assert JobQuery(search="*a" * 90).matches(job(1, "a" * 1000))


@pytest.fixture
def many(tmp_path):
    """A store of a hundred thousand finished jobs."""
    store = Store(tmp_path / STORE_FILE)
    new = check_one(payload(), load_qpus())
    rows = [(f"job {k}", "Completed", *[TIMES[k % 4]] * 3) for k in range(100_000)]
    store.accept([new], TIMES[0])
    store.connection.execute("BEGIN")
    store.connection.executemany(
        "INSERT INTO jobs (name, qpu, status, created, updated, finished, n_modes, n_photons, n_samples, "
        "min_detection, timeout_seconds) VALUES (?, 'Artemis', ?, ?, ?, ?, 2, 1, 1, 1, 600)",
        rows,
    )
    store.connection.execute(f"UPDATE jobs SET checksum = {CHECKSUM['jobs']}")
    store.connection.execute("COMMIT")
    store.close()
    reader = Reader(tmp_path / STORE_FILE, Gate())
    yield reader
    reader.close()


def test_searching_many_jobs_is_bounded(many, monkeypatch):
    """The last of many is found; a search that would hold up others is given up, with the remedy."""
    import asyncio

    async def found(search):
        ids = await many.finished_ids(JobQuery(search=search), 10)
        jobs = await many.jobs(ids)
        return [jobs[job_id].name for job_id in ids]

    assert asyncio.run(found("JOB 77*7")) == [
        f"job {n}" for n in (77997, 77987, 77977, 77967, 77957, 77947)
    ] + [f"job {n}" for n in (77937, 77927, 77917, 77907)]
    monkeypatch.setattr(reader_module, "LONGEST_SEARCH_SECONDS", -1.0)
    with pytest.raises(UnavailableError, match="name a status, or a later time"):
        asyncio.run(found("no such job"))
    monkeypatch.undo()
    assert asyncio.run(found("no such job")) == []
    spans = asyncio.run(many.spans("Artemis", 100))
    assert len(spans) == 100
    assert {span.status for span in spans} == {Status.COMPLETED}
    assert asyncio.run(many.spans("Another", 100)) == []
