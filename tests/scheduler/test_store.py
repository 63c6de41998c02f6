"""The store refuses what it cannot trust, and keeps what it has taken."""

from __future__ import annotations

import asyncio
import errno
import sqlite3
import threading
import weakref

import pytest

from lwfast.scheduler.faults import KeyReusedError, StoreInUseError, StoreOpenError, UnavailableError
from lwfast.scheduler.qpus import load_qpus
from lwfast.scheduler.server_settings import STORE_FILE
from lwfast.scheduler.store import store as store_module
from lwfast.scheduler.store import writer as writer_module
from lwfast.scheduler.store.gate import Gate
from lwfast.scheduler.store.lock import StoreLock
from lwfast.scheduler.store.schema import MIGRATIONS, migrate
from lwfast.scheduler.store.store import Store, connect
from lwfast.scheduler.store.writer import Writer
from lwfast.scheduler.validation.payloads import check_one
from tests.scheduler.harness import make_settings, payload, running
from tests.started import until

pytestmark = pytest.mark.guarantee

TIME = "2025-10-16T08:25:47.928816Z"


@pytest.fixture
def path(tmp_path):
    return tmp_path / STORE_FILE


def new_job():
    return check_one(payload(), load_qpus())


def test_durability_settings(path):
    """A commit is on the disk when it returns: full flushes and a rollback journal, no WAL."""
    store = Store(path)
    ask = lambda name: store.connection.execute(f"PRAGMA {name}").fetchone()[0]  # noqa: E731
    assert ask("synchronous") == 2
    assert (ask("fullfsync"), ask("checkpoint_fullfsync")) == (1, 1)
    assert ask("journal_mode") == "persist"
    assert ask("foreign_keys") == 1
    assert ask("user_version") == len(MIGRATIONS)
    store.close()


def test_ids_are_never_used_again(path):
    store = Store(path)
    assert store.accept([new_job(), new_job()], TIME) == ([1, 2], True)
    store.close()
    store = Store(path)
    assert store.accept([new_job()], TIME) == ([3], True)
    store.close()


def test_readers_cannot_write(path):
    Store(path).close()
    reader = connect(path, readonly=True)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.execute("DELETE FROM jobs")
    reader.close()


def test_newer_store_is_refused(path):
    Store(path).close()
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()
    with pytest.raises(StoreOpenError, match="update lwfast"):
        Store(path)


def test_other_database_is_refused(path):
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE cats (name)")
    connection.close()
    with pytest.raises(StoreOpenError, match="another program"):
        Store(path)


@pytest.mark.parametrize("damage", ["garbage", "hole", "orphan"])
def test_damaged_store_is_refused(path, damage):
    store = Store(path)
    store.accept([new_job() for _ in range(50)], TIME)
    store.close()
    if damage == "garbage":
        path.write_bytes(b"not a database at all" * 1000)
    elif damage == "hole":
        data = bytearray(path.read_bytes())
        middle = len(data) // 2 // 4096 * 4096
        data[middle : middle + 4096] = b"\xa5" * 4096
        path.write_bytes(data)
    else:
        connection = sqlite3.connect(path)
        connection.execute("DELETE FROM jobs WHERE id = 7")
        connection.commit()
        connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreOpenError, match="restore it from a copy"):
        Store(path)
    assert path.read_bytes() == before


def test_a_store_that_is_refused_is_closed(path, monkeypatch):
    """Also while somebody holds the error, and with it the frames that it came through."""
    path.write_bytes(b"not a database at all" * 1000)
    opened = []
    plain = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: opened.append(plain(*a, **k)) or opened[-1])
    with pytest.raises(StoreOpenError):
        Store(path)
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        opened[0].execute("SELECT 1")


def test_migrations_run_once_and_in_order(path):
    Store(path).close()
    connection = connect(path)
    more = (*MIGRATIONS, ("ALTER TABLE jobs ADD COLUMN colour TEXT",), ("UPDATE jobs SET colour = 'red'",))
    migrate(connection, more)
    migrate(connection, more)
    assert connection.execute("PRAGMA user_version").fetchone() == (len(more),)
    connection.close()


def test_failed_migration_changes_nothing(path):
    Store(path).close()
    connection = connect(path)
    bad = (*MIGRATIONS, ("ALTER TABLE jobs ADD COLUMN colour TEXT", "NONSENSE"))
    with pytest.raises(sqlite3.OperationalError):
        migrate(connection, bad)
    assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    assert "colour" not in [row[1] for row in connection.execute("PRAGMA table_info(jobs)")]
    connection.close()


def test_one_scheduler_a_folder(tmp_path):
    settings = make_settings(tmp_path)
    with running(settings), pytest.raises(StoreInUseError, match="--data-dir"), running(settings):
        pass
    with running(make_settings(tmp_path)):
        pass


def test_lock_is_released(tmp_path):
    first = StoreLock(tmp_path / "lock")
    with pytest.raises(StoreInUseError, match=r"process \d+"):
        StoreLock(tmp_path / "lock")
    first.release()
    StoreLock(tmp_path / "lock").release()


def test_a_file_system_without_locks(tmp_path, monkeypatch):
    """It is not taken for another scheduler."""

    def fail(handle):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("lwfast.scheduler.store.lock.try_lock", fail)
    with pytest.raises(
        StoreOpenError, match=r"cannot be locked \(No locks available\).*--data-dir"
    ) as caught:
        StoreLock(tmp_path / "lock")
    assert not isinstance(caught.value, StoreInUseError)


def test_group_commit_keeps_requests_apart(path):
    """In one transaction, a request that fails is undone and its neighbours are kept."""

    async def main():
        writer = Writer(path, asyncio.get_running_loop(), Gate())
        job = new_job()
        commits = []
        futures = [
            writer.submit(lambda store: store.accept([job], TIME, "k", b"1"), commits.append),
            writer.submit(lambda store: store.accept([job], TIME, "k", b"2")),
            writer.submit(lambda store: store.accept([job], TIME, "k", b"1")),
        ]
        outcomes = await asyncio.gather(*futures, return_exceptions=True)
        await writer.close()
        return outcomes, commits

    (first, second, third), commits = asyncio.run(main())
    assert first == ([1], True)
    assert isinstance(second, KeyReusedError)
    assert third == ([1], False)
    assert commits == [([1], True)]


def test_request_that_cannot_be_written_harms_no_other(path):
    """A request that breaks a rule of the store fails alone, even where it shares a transaction."""

    async def main():
        writer = Writer(path, asyncio.get_running_loop(), Gate())
        job = new_job()
        futures = [
            writer.submit(lambda store: store.accept([job], TIME)),
            writer.submit(lambda store: store.put_result(99, b"{}", None)),
            writer.submit(lambda store: store.put_result(1, b"{}", None)),
        ]
        outcomes = await asyncio.gather(*futures, return_exceptions=True)
        await writer.close()
        return outcomes

    first, second, third = asyncio.run(main())
    assert first == ([1], True)
    assert isinstance(second, UnavailableError)
    assert third is None


def test_what_was_written_is_let_go(path):
    """A batch may have 64 MiB, and an idle scheduler no use for them."""

    class Batch:
        pass

    async def main():
        writer = Writer(path, asyncio.get_running_loop(), Gate())
        batch = Batch()
        written = weakref.ref(batch)
        await writer.submit(lambda store, batch=batch: None)
        del batch
        try:
            await asyncio.to_thread(until, lambda: written() is None)
        finally:
            await writer.close()

    asyncio.run(main())


def test_a_commit_that_cannot_be_shown_harms_no_other(path, caplog):
    """What was committed with it is told to whoever waits for it."""

    async def run():
        writer = Writer(path, asyncio.get_running_loop(), Gate())

        def fail(_):
            raise LookupError("not shown")

        futures = [
            writer.submit(lambda store: store.accept([new_job()], TIME), fail if i == 1 else None)
            for i in range(3)
        ]
        try:
            async with asyncio.timeout(10):
                return await asyncio.gather(*futures, return_exceptions=True)
        finally:
            await writer.close()

    first, second, third = asyncio.run(run())
    assert (first, third) == (([1], True), ([3], True))
    assert isinstance(second, LookupError)
    assert "what was written could not be made visible" in caplog.text


def test_many_requests_take_several_transactions(path, monkeypatch):
    """None waits for all others, and each has its own outcome."""
    monkeypatch.setattr(writer_module, "GROUP_LIMIT", 3)
    sizes = []
    real = Writer._commit

    def counting(self, connection, store, group):
        sizes.append(len(group))
        real(self, connection, store, group)

    monkeypatch.setattr(Writer, "_commit", counting)

    async def main():
        writer = Writer(path, asyncio.get_running_loop(), Gate())
        begun = threading.Event()
        first = writer.submit(lambda store: begun.wait(20))  # what follows waits in the queue
        futures = [writer.submit(lambda store: store.accept([new_job()], TIME)) for _ in range(10)]
        begun.set()
        assert await first
        outcomes = await asyncio.gather(*futures)
        last = writer.submit(lambda store: "written before the end")
        await writer.close()
        return outcomes, await last

    outcomes, last = asyncio.run(main())
    assert outcomes == [([k], True) for k in range(1, 11)]
    assert last == "written before the end"
    assert max(sizes) == 3
    assert sum(sizes) == 12


def test_store_is_private(path):
    Store(path).close()
    assert path.stat().st_mode & 0o077 == 0


def test_full_disk(path):
    """Where the disk is full nothing is accepted and the writer goes on; with room again it works."""

    async def main():
        writer = Writer(path, asyncio.get_running_loop(), Gate())
        await writer.submit(lambda store: store.accept([new_job()], TIME))
        pages = await writer.submit(lambda store: store.connection.execute("PRAGMA page_count").fetchone()[0])
        await writer.submit(
            lambda store: store.connection.execute(f"PRAGMA max_page_count = {pages}").fetchone()
        )
        batch = [new_job() for _ in range(500)]
        with pytest.raises(UnavailableError, match="full"):
            await writer.submit(lambda store: store.accept(batch, TIME))
        await writer.submit(
            lambda store: store.connection.execute("PRAGMA max_page_count = 100000").fetchone()
        )
        outcome = await writer.submit(lambda store: store.accept(batch, TIME))
        await writer.close()
        return outcome

    ids, _ = asyncio.run(main())
    assert ids == list(range(2, 502))


def test_the_name_of_a_new_store_is_forced_to_the_disk(tmp_path, monkeypatch):
    """Also where SQLite was built so that it forces no folder when it makes its journal."""
    forced = []
    monkeypatch.setattr(store_module, "folder_to_disk", forced.append)
    Store(tmp_path / STORE_FILE).close()
    assert forced == [tmp_path]
