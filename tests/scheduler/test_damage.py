"""A store of which the disk has changed something: it is told, and never served as if it were right."""

from __future__ import annotations

import contextlib
import random
import sqlite3

import pytest

from lwfast.scheduler.faults import DamagedError, StoreDamagedError, StoreOpenError
from lwfast.scheduler.jobs import Log
from lwfast.scheduler.qpus import load_qpus
from lwfast.scheduler.server_settings import STORE_FILE
from lwfast.scheduler.store.checksums import CHECKED, IS_WHOLE
from lwfast.scheduler.store.recovery import LOST, recover
from lwfast.scheduler.store.rows import DAMAGED_ENTRY, select_jobs
from lwfast.scheduler.store.schema import MIGRATIONS, migrate
from lwfast.scheduler.store.store import Store, connect
from lwfast.scheduler.validation.payloads import check_one
from lwfast.wire import Status
from tests.scheduler.harness import make_settings, payload, running
from tests.scheduler.runners import SLEEPS

TIME = "2025-10-16T08:25:47.928816Z"
LATER = "2025-10-17T00:00:00.000000Z"
pytestmark = pytest.mark.guarantee


@pytest.fixture
def path(tmp_path):
    return tmp_path / STORE_FILE


def filled(path, jobs=20):
    """A store whose first half of jobs is completed, with a key for each job."""
    store = Store(path)
    store.connection.execute("BEGIN")
    for number in range(1, jobs + 1):
        new = check_one(payload(job_name=f"job {number}"), load_qpus())
        store.accept([new], TIME, f"key {number}", b"%d" % number)
        if number <= jobs // 2:
            store.put_result(number, b'{"results":{"(1, 0)": %d}}' % (1000 + number), None)
            store.update(number, Log.of(Status.COMPLETED, TIME), finished=TIME)
    store.connection.execute("COMMIT")
    store.close()


def contents(connection):
    """All that a store says, by table; rows that it does not vouch for are left out."""
    return {
        table: {
            row[0]: row
            for row in connection.execute(f"SELECT rowid, {columns} FROM {table} WHERE {IS_WHOLE[table]}")
        }
        for table, columns in CHECKED.items()
    }


def change(path, table, column, where, value):
    """Change what is stored behind the back of everything."""
    connection = sqlite3.connect(path)
    connection.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", (value,))
    connection.commit()
    connection.close()


def test_flipped_bits_are_never_served(path):
    """With one other bit, a store is refused, or gives what was written, or says what is damaged."""
    filled(path)
    with contextlib.closing(connect(path)) as connection:
        right = contents(connection)
    data = path.read_bytes()
    draw = random.Random(7)
    refused = told = 0
    for _ in range(300):
        place, bit = draw.randrange(len(data)), 1 << draw.randrange(8)
        path.write_bytes(data[:place] + bytes([data[place] ^ bit]) + data[place + 1 :])
        try:
            store = Store(path)
        except StoreOpenError:
            refused += 1
            continue
        with contextlib.closing(store):
            found = contents(store.connection)
            for table, rows in found.items():
                assert rows.items() <= right[table].items(), (table, place, bit)
            assert not set(right["jobs"]) - {job.id for job in select_jobs(store.connection, "1", [])}
            told += found != right
    assert refused > 10
    assert told > 50


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("payloads", "body", b'{"n_modes": 3}'),
        ("payloads", "seed", 12345),
        ("payloads", "hardware", b"{ }"),
        ("results", "body", b'{"results":{"(1, 0)": 0}}'),
    ],
)
def test_values_that_were_changed(tmp_path, table, column, value):
    """503 that names the job; every other job is served."""
    with running(make_settings(tmp_path)) as api:
        ids = [api.submit() for _ in range(2)]
        for job_id in ids:
            api.wait(job_id)
            api.scheduler._results.drop(job_id)
        change(tmp_path / STORE_FILE, table, column, f"job_id = {ids[0]}", value)
        paths = ["v1/jobs/{}/payload", "jobs/{}/results"]
        path = paths[table == "results"]
        answer = api.get(path.format(ids[0]))
        assert answer.status_code == 503
        assert f"what was written for job {ids[0]}" in api.errors(answer)[table]
        assert api.get(path.format(ids[1])).status_code == 200


def test_job_with_a_damaged_payload_is_not_run(tmp_path):
    """A seed and its result are one: it fails with the reason, and the next one runs."""
    with running(make_settings(tmp_path)) as api:
        blocker, job_id, behind = api.submit(n_samples=SLEEPS), api.submit(), api.submit()
        api.wait(blocker, {"Running"})
        change(tmp_path / STORE_FILE, "payloads", "seed", f"job_id = {job_id}", 5)
        api.scheduler._orders.drop(job_id)
        api.cancel(blocker)
        details = api.wait(job_id)
        assert details["jobStatus"] == "Failed"
        assert f"what was written for job {job_id}" in details["userExecutionNotes"]
        assert api.wait(behind)["jobStatus"] == "Completed"


@pytest.mark.parametrize("value", [b"J\xefb", "Other name"])
@pytest.mark.parametrize("finished", [True, False])
def test_row_of_a_job_that_was_changed(tmp_path, value, finished):
    """It is listed with an unknown status and the reason; alone it is a 503; others are untouched."""
    settings = make_settings(tmp_path)
    with running(settings) as api:
        ids = [api.submit(n_samples=10 if finished else SLEEPS) for _ in range(3)]
        api.wait(ids[0], {"Completed"} if finished else {"Running"})
        if finished:
            api.wait(ids[2])
    text = "CAST(? AS TEXT)"
    connection = sqlite3.connect(tmp_path / STORE_FILE)
    connection.execute(f"UPDATE jobs SET name = {text} WHERE id = {ids[1]}", (value,))
    connection.commit()
    connection.close()
    with running(settings) as api:
        items = {item["jobId"]: item for item in api.get("v1/jobs").json()["items"]}
        assert set(items) == set(ids)
        assert items[ids[1]]["jobStatus"] == "Unknown"
        assert f"row of job {ids[1]} is damaged" in items[ids[1]]["notes"]
        assert items[ids[2]]["jobName"] == "Job"
        for call in (api.get(f"jobs/{ids[1]}"), api.get(f"v1/jobs/{ids[1]}"), api.cancel(ids[1])):
            assert call.status_code == 503
            assert f"job {ids[1]} is damaged" in api.errors(call)["job"]
        assert api.get(f"jobs/{ids[2]}").status_code == 200
        assert api.get("v1/pages/jobs").status_code == 200
        for job_id in (ids[0], ids[2]):
            assert finished or api.cancel(job_id).status_code == 204
        assert api.wait(api.submit())["jobStatus"] == "Completed"


def test_row_that_is_damaged_while_its_job_runs(tmp_path):
    """It is written again, whole, from what the scheduler has in memory."""
    with running(make_settings(tmp_path)) as api:
        job_id = api.submit(n_samples=SLEEPS)
        api.wait(job_id, {"Running"})
        change(tmp_path / STORE_FILE, "jobs", "name", f"id = {job_id}", "Jnb")
        assert api.cancel(job_id).status_code == 204
        assert api.wait(api.submit())["jobStatus"] == "Completed"
    with running(make_settings(tmp_path)) as api:
        record = api.get(f"v1/jobs/{job_id}").json()
        assert (record["jobName"], record["jobStatus"]) == ("Job", "Cancelled")


def test_job_whose_time_was_changed_is_not_removed(path):
    """What says that a job is old enough to go has to be what was written."""
    filled(path)
    change(path, "jobs", "finished", "id = 3", "1925-10-16T08:25:47.928816Z")
    with contextlib.closing(Store(path)) as store:
        assert store.forget(TIME, 100) == ([], [])
        assert sorted(store.forget(LATER, 100)[0]) == [1, 2, *range(4, 11)]


def test_damaged_entry_of_a_log(path):
    filled(path, 2)
    change(path, "logs", "message", "job_id = 1 AND status = 'Scheduled'", "Job status updated to Schedulee")
    with contextlib.closing(Store(path)) as store:
        first, second = select_jobs(store.connection, "1 ORDER BY id", [])
    assert [entry.message == DAMAGED_ENTRY for entry in first.logs] == [False, True, False]
    assert DAMAGED_ENTRY not in [entry.message for entry in second.logs]


def test_damaged_key(path):
    """It does not let a job be accepted twice."""
    filled(path, 2)
    change(path, "idempotency", "job_ids", "key = 'key 1'", b"[2]")
    with contextlib.closing(Store(path)) as store:
        with pytest.raises(DamagedError, match="key is damaged"):
            store.accepted("key 1", b"1")
        assert store.accepted("key 2", b"2") == [2]


def without_checksums(path):
    """The same store as an earlier version of lwfast left it."""
    connection = sqlite3.connect(path)
    for table in CHECKED:
        connection.execute(f"ALTER TABLE {table} DROP COLUMN checksum")
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) - 1}")
    connection.commit()
    connection.close()


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS)))
def test_store_of_an_earlier_version(path, version):
    """It is brought to the present version without loss, and is as safe from then on."""
    filled(path)
    with contextlib.closing(connect(path)) as connection:
        right = contents(connection)
    path.unlink()
    connection = connect(path)
    migrate(connection, MIGRATIONS[:version])
    for table, columns in CHECKED.items():
        present = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
        names = [name for name in columns.split(", ") if name in present]
        marks = ", ".join("?" * len(names))
        rows = [row[1 : len(names) + 1] for row in right[table].values()]  # what is new stands last
        connection.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", rows)
    connection.close()
    with contextlib.closing(Store(path)) as store:
        assert contents(store.connection) == right
        assert [job.damage for job in store.live_jobs()] == [None] * 10
    change(path, "jobs", "n_samples", "id = 15", 7)
    with contextlib.closing(Store(path)) as store:
        assert [job.id for job in store.live_jobs() if job.damage] == [15]


def test_text_that_was_damaged_before_there_were_checksums(path):
    """Its checksum fits, but it is no text: the job says so, and hides no other."""
    filled(path)
    connection = sqlite3.connect(path)
    connection.execute("UPDATE jobs SET name = CAST(? AS TEXT) WHERE id = 15", (b"j\xefb",))
    connection.commit()
    connection.close()
    without_checksums(path)
    with contextlib.closing(Store(path)) as store:
        assert [job.id for job in store.live_jobs() if job.damage] == [15]


# --- lwfast serve --recover ----------------------------------------------------------------------


def rows_of(path):
    with contextlib.closing(Store(path)) as store:
        return contents(store.connection)


def test_recovering_what_needs_nothing(path):
    """A store that is whole, and none at all, are left as they are."""
    assert recover(path, LATER) is None
    assert not path.exists()
    filled(path)
    before = path.read_bytes()
    assert recover(path, LATER) is None
    assert path.read_bytes() == before


def test_recovering_from_a_page_that_is_lost(path):
    """The damaged file is kept; each job is as it was, or says what is missing; no id is used twice."""
    filled(path, 400)
    right = rows_of(path)
    data = bytearray(path.read_bytes())
    harmed = False
    for page in range(3, len(data) // 4096, 7):
        data[page * 4096 : page * 4096 + 4096] = b"\xa5" * 4096
    path.write_bytes(data)
    with pytest.raises(StoreDamagedError, match="--recover"):
        Store(path)
    assert path.read_bytes() == data
    recovery = recover(path, LATER)
    assert recovery.aside.read_bytes() == data
    found = rows_of(path)
    assert set(found["jobs"]) == set(right["jobs"])
    assert recovery.kept > 50
    for job_id, row in found["jobs"].items():
        if job_id in recovery.harmed:
            assert row != right["jobs"][job_id]
            harmed = True
        else:
            assert row == right["jobs"][job_id]
            assert found["payloads"][job_id] == right["payloads"][job_id]
    assert harmed
    for table in ("payloads", "results"):
        assert found[table].items() <= right[table].items()
    with contextlib.closing(Store(path)) as store:
        assert store.accept([check_one(payload(), load_qpus())], LATER)[0] == [401]
        assert all(job.damage is None for job in store.live_jobs())
        for job_id in recovery.harmed:
            (job,) = select_jobs(store.connection, "id = ?", [job_id])
            assert job.status.is_complete
            assert "could not be read from a store that was damaged" in job.notes


def test_recovering_single_rows(path):
    """A job without a row is made up from its payload, or is at least not forgotten."""
    filled(path, 8)
    change(path, "jobs", "n_samples", "id IN (2, 7)", 1)
    change(path, "payloads", "seed", "job_id IN (5, 7)", 1)
    change(path, "results", "body", "job_id = 1", b"{}")
    recovery = recover(path, LATER)
    assert recovery.harmed == [1, 2, 5, 7]
    assert recovery.kept == 4
    with contextlib.closing(Store(path)) as store:
        jobs = {job.id: job for job in select_jobs(store.connection, "1", [])}
        assert {i: job.status.wire_name for i, job in jobs.items()} == {
            1: "Completed",
            2: "Completed",
            3: "Completed",
            4: "Completed",
            5: "Failed",
            6: "Scheduled",
            7: "Failed",
            8: "Scheduled",
        }
        assert [jobs[i].name for i in (2, 7)] == ["job 2", LOST]
        assert [store.accepted(f"key {i}", b"%d" % i) for i in range(1, 9)] == [[i] for i in range(1, 9)]
    assert recover(path, LATER) is None


def test_recovering_a_store_of_the_first_version(path):
    """Also what has no checksums yet is read, and brought to the present version."""
    filled(path, 400)
    right = rows_of(path)
    without_checksums(path)
    connection = sqlite3.connect(path)
    connection.execute("DROP INDEX jobs_by_owner")
    connection.execute("ALTER TABLE jobs DROP COLUMN owner")
    connection.execute("PRAGMA user_version = 1")
    connection.commit()
    connection.execute("VACUUM")
    connection.close()
    data = bytearray(path.read_bytes())
    for page in range(20, len(data) // 4096, 17):
        data[page * 4096 : page * 4096 + 4096] = b"\xa5" * 4096
    path.write_bytes(data)
    recovery = recover(path, LATER)
    found = rows_of(path)
    assert recovery.kept > 100
    assert all(
        row == right["jobs"][job_id] for job_id, row in found["jobs"].items() if job_id not in recovery.harmed
    )


def test_recovering_rows_that_no_store_takes(path):
    """Where there are no checksums yet, a damaged key or number costs its own row, and not the recovery."""
    filled(path)
    without_checksums(path)
    change(path, "idempotency", "job_ids", "key = 'key 3'", b"[3")
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute("UPDATE sqlite_schema SET sql = replace(sql, 'STRICT', '') WHERE name = 'jobs'")
    (page,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'jobs_by_owner'").fetchone()
    connection.commit()
    connection.close()
    change(path, "jobs", "n_samples", "id = 15", "many")
    data = bytearray(path.read_bytes())
    data[(page - 1) * 4096 : page * 4096] = b"\xa5" * 4096  # what lets the store be refused
    path.write_bytes(data)
    recovery = recover(path, LATER)
    assert recovery.harmed == [15]
    found = rows_of(path)
    assert set(found["jobs"]) == set(range(1, 21))
    with contextlib.closing(Store(path)) as store:
        assert store.accepted("key 3", b"3") is None
        assert store.accepted("key 4", b"4") == [4]


def test_recovering_what_is_no_database(path):
    path.write_bytes(b"not a database at all" * 1000)
    recovery = recover(path, LATER)
    assert (recovery.kept, recovery.harmed) == (0, [])
    assert recovery.aside.read_bytes() == b"not a database at all" * 1000


@pytest.mark.parametrize("kind", ["newer", "other"])
def test_what_is_not_ours_is_not_recovered(path, kind):
    if kind == "newer":
        Store(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99" if kind == "newer" else "CREATE TABLE cats (name)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreOpenError):
        recover(path, LATER)
    assert path.read_bytes() == before
    assert [item.name for item in path.parent.iterdir() if "damaged" in item.name] == []


def test_recovering_a_scheduler(tmp_path, capfd):
    """With the setting, the scheduler starts on a damaged store, and runs what waits."""
    settings = make_settings(tmp_path)
    with running(settings) as api:
        done = api.submit()
        api.wait(done)
        body = api.get(f"jobs/{done}/results").content
        waits = api.submit(n_samples=SLEEPS)
        api.wait(waits, {"Running"})
        broken = api.submit()
        waiting = api.submit()
    change(tmp_path / STORE_FILE, "payloads", "seed", f"job_id = {broken}", 1)
    with running(make_settings(tmp_path, recover=True)) as api:
        assert api.get(f"jobs/{done}/results").content == body
        assert api.details(broken)["jobStatus"] == "Failed"
        assert api.cancel(waits).status_code == 204
        assert api.wait(waiting)["jobStatus"] == "Completed"
    assert "3 jobs were kept as they were" in capfd.readouterr().err


def test_there_is_nothing_to_recover_in_a_mistyped_folder(tmp_path):
    """An empty scheduler in a new folder would look like a queue of which nothing was left."""
    mistyped = tmp_path / "dtaa"
    with (
        pytest.raises(StoreOpenError, match=r"dtaa does not exist.*lwfast serve --data-dir"),
        running(make_settings(mistyped, recover=True)),
    ):
        pass
    assert not mistyped.exists()
