"""The data folder: what is not provably the store's own is neither removed, written to nor followed."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import sqlite3
import time

import platformdirs
import pytest

from lwfast.scheduler.faults import ConfigError, StoreOpenError
from lwfast.scheduler.queue import job_ends as ends
from lwfast.scheduler.server_settings import STORE_FILE, default_data_dir
from lwfast.scheduler.store.checksums import CHECKSUM
from lwfast.scheduler.store.result_files import result_name
from lwfast.scheduler.store.store import connect
from lwfast.scheduler.web.security import load_token
from tests.marks import posix
from tests.scheduler.harness import make_settings, payload, running
from tests.scheduler.runners import LARGE, SLEEPS

FOREIGN = {"measured.csv": "1,2\n", "7.json": "{}", ".7.json.0a1b2c3d.part": "{", "notes": ""}


def names_of(folder):
    return {path.name for path in folder.iterdir()}


def seed_of(folder, job_id):
    connection = sqlite3.connect(folder / STORE_FILE)
    (seed,) = connection.execute("SELECT seed FROM payloads WHERE job_id = ?", (job_id,)).fetchone()
    connection.close()
    return seed


def whole_and_begun(job_id, seed):
    name = result_name(job_id, seed, b"{}")
    return {name, f".{name}.0a1b2c3d.part"}


def put(folder, names):
    for name in names:
        (folder / name).write_text("{")


def test_start_leaves_what_is_not_its_own(tmp_path):
    """Only files of this store's jobs go: begun ones, and whole ones of jobs without a result."""
    settings = make_settings(tmp_path)
    with running(settings) as api:
        large = api.submit(n_samples=LARGE)
        api.wait(large)
        waits = api.submit(n_samples=SLEEPS)
        api.wait(waits, {"Running"})
    kept = names_of(settings.results_dir)
    assert len(kept) == 1
    ours = whole_and_begun(waits, seed_of(tmp_path, waits))
    other_content, begun = sorted(whole_and_begun(large, seed_of(tmp_path, large)), reverse=True)
    ours |= {begun}
    others = {other_content} | whole_and_begun(waits, 5) | whole_and_begun(77, seed_of(tmp_path, waits))
    others |= whole_and_begun(large, 5) | set(FOREIGN)
    put(settings.results_dir, ours | others)
    (settings.results_dir / "folder").mkdir()
    with running(settings) as api:
        assert names_of(settings.results_dir) == kept | others | {"folder"}
        assert len(api.get(f"jobs/{large}/results").json()["results"]) == 40_000


def test_results_of_a_store_that_was_moved_aside(tmp_path):
    """A new store in the same folder removes and replaces none of them; the old one finds all again."""
    settings = make_settings(tmp_path)
    with running(settings) as api:
        ids = [api.submit(n_samples=LARGE) for _ in range(2)]
        before = [(api.wait(i), api.get(f"jobs/{i}/results").content)[1] for i in ids]
    old = names_of(settings.results_dir)
    store, aside = tmp_path / STORE_FILE, tmp_path / "aside"
    store.rename(aside)
    store.with_name(f"{STORE_FILE}-journal").unlink(missing_ok=True)
    with running(settings) as api:
        again = [api.submit(n_samples=LARGE) for _ in range(2)]
        assert again == ids
        assert all(api.wait(i)["jobStatus"] == "Completed" for i in again)
        new = names_of(settings.results_dir) - old
        assert len(new) == 2
    store.with_name(f"{STORE_FILE}-journal").unlink(missing_ok=True)
    aside.rename(store)
    with running(settings) as api:
        assert [api.get(f"jobs/{i}/results").content for i in ids] == before
        assert names_of(settings.results_dir) == old | new


def test_half_a_result_goes_with_its_job(tmp_path):
    """What a worker had written when its job was cancelled is removed, and nothing else."""
    settings = make_settings(tmp_path)
    with running(settings) as api:
        job_id = api.submit(n_samples=SLEEPS)
        api.wait(job_id, {"Running"})
        seed = seed_of(tmp_path, job_id)
        others = whole_and_begun(job_id, seed ^ 1) | whole_and_begun(job_id * 10, seed) | set(FOREIGN)
        put(settings.results_dir, whole_and_begun(job_id, seed) | others)
        assert api.cancel(job_id).status_code == 204
        assert names_of(settings.results_dir) == others


def test_files_of_many_jobs_are_sought_together(tmp_path, monkeypatch):
    """Jobs that end while the folder is read share the next reading of it."""
    sought = []

    def seek(folder, jobs):
        time.sleep(0.1)
        sought.append(sorted(jobs))

    class Seeds:
        async def seed(self, job_id):
            return 7 * job_id

    monkeypatch.setattr(ends, "remove_all_of", seek)

    async def run():
        nothing = lambda *_: None  # noqa: E731
        made = ends.Ends(
            None, Seeds(), None, tmp_path, on_stored=nothing, on_trouble=nothing, on_better=nothing
        )
        first = asyncio.create_task(made._drop_files(1))
        await asyncio.sleep(0.03)
        await asyncio.gather(first, *(made._drop_files(i) for i in range(2, 101)))

    asyncio.run(run())
    assert sought == [[(1, 7)], [(i, 7 * i) for i in range(2, 101)]]


@posix
def test_folder_of_results_may_be_a_link(tmp_path):
    """Results may lie on another disk; what else lies there is left, and links there are not followed."""
    disk, settings = tmp_path / "disk", make_settings(tmp_path / "data")
    disk.mkdir()
    settings.data_dir.mkdir()
    settings.results_dir.symlink_to(disk)
    with running(settings) as api:
        waits = api.submit(n_samples=SLEEPS)
        api.wait(waits, {"Running"})
    own = whole_and_begun(waits, seed_of(settings.data_dir, waits))
    put(disk, set(FOREIGN))
    target = tmp_path / "target"
    target.write_text("mine")
    for name in own:
        (disk / name).symlink_to(target)
    with running(settings) as api:
        api.cancel(waits)
        large = api.submit(n_samples=LARGE)
        assert api.wait(large)["jobStatus"] == "Completed"
        (result,) = disk.glob(f"{large}-*.json")
        assert result.stat().st_mode & 0o777 == 0o600
        result.rename(tmp_path / "elsewhere")
        result.symlink_to(tmp_path / "elsewhere")
        answer = api.get(f"jobs/{large}/results")
        assert (answer.status_code, "symbolic link" in api.errors(answer)["results"]) == (503, True)
    assert target.read_text() == "mine"
    assert names_of(disk) == set(FOREIGN) | own | {result.name}


@posix
@pytest.mark.parametrize(
    "name",
    ["scheduler.lock", STORE_FILE, *(f"{STORE_FILE}-{end}" for end in ("journal", "wal", "shm")), "results"],
)
@pytest.mark.parametrize("there", [True, False])
def test_links_are_not_written_through(tmp_path, name, there):
    """A link in place of a file of the store ends the start, and its target is as it was."""
    folder, target = tmp_path / "data", tmp_path / "target"
    folder.mkdir()
    if there:
        target.write_text("mine")
    (folder / name).symlink_to(target)
    with pytest.raises(StoreOpenError, match=f"{name}.*--data-dir"), running(make_settings(folder)):
        pass
    assert (target.read_text() if there else target.exists()) == ("mine" if there else False)


@posix
@pytest.mark.parametrize("name", ["scheduler.lock", STORE_FILE])
def test_only_regular_files_are_opened(tmp_path, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(StoreOpenError, match="not a regular file"), running(make_settings(tmp_path)):
        pass


@posix
def test_token_is_not_read_through_a_link(tmp_path):
    (tmp_path / "secret").write_text("of another program\n")
    (tmp_path / "token").symlink_to(tmp_path / "secret")
    with pytest.raises(ConfigError, match=r"symbolic link.*LWFAST_SERVE_TOKEN"):
        load_token(tmp_path)


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_folder_that_cannot_be_made(tmp_path, name):
    (tmp_path / "file").write_text("")
    settings = make_settings(tmp_path / name)
    with pytest.raises(StoreOpenError, match=r"cannot be made.*--data-dir"), running(settings):
        pass


def _folder(file):
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (lambda file: file.unlink(), "No such file"),
        (lambda file: file.write_bytes(b""), "not what was written"),
        (lambda file: os.truncate(file, file.stat().st_size - 1), "not what was written"),
        (lambda file: file.write_bytes(file.read_bytes().replace(b"1", b"2", 1)), "not what was written"),
        (_folder, "directory|regular"),
        (lambda file: shutil.rmtree(file.parent), "No such file"),
    ],
)
def test_result_file_that_is_missing_or_damaged(tmp_path, harm, reason):
    """503 with the reason and the remedy; never 500, and never something that is not the result."""
    settings = make_settings(tmp_path)
    with running(settings) as api:
        job_id = api.submit(n_samples=LARGE)
        api.wait(job_id)
        (file,) = settings.results_dir.glob(f"{job_id}-*.json")
        body = file.read_bytes()
        harm(file)
        answer = api.get(f"jobs/{job_id}/results")
        assert answer.status_code == 503
        told = api.errors(answer)["results"]
        assert f"result of job {job_id} cannot be read" in told
        assert "put the file back from a copy" in told
        assert answer.headers["Retry-After"]
        assert re.search(reason, told)
        if file.is_dir():
            file.rmdir()
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(body)
        assert api.get(f"jobs/{job_id}/results").content == body


def test_result_that_the_store_lost(tmp_path):
    """A row, or the whole store, that cannot be read gives 503 as well."""
    with running(make_settings(tmp_path)) as api:
        ids = [api.submit(job_data={"i": i}) for i in range(3)]
        for job_id in ids:
            api.wait(job_id)
            api.scheduler._results.drop(job_id)
        connection = connect(tmp_path / STORE_FILE)
        connection.execute("DELETE FROM results WHERE job_id = ?", ids[:1])
        connection.execute("UPDATE results SET body = NULL, file = '../token' WHERE job_id = ?", ids[1:2])
        connection.execute(f"UPDATE results SET checksum = {CHECKSUM['results']} WHERE job_id = ?", ids[1:2])
        connection.close()
        for job_id, reason in zip(
            ids, ("holds no result", "name is not that of a result file"), strict=False
        ):
            answer = api.get(f"jobs/{job_id}/results")
            assert (answer.status_code, reason in api.errors(answer)["results"]) == (503, True)
        assert json.loads(api.get(f"jobs/{ids[2]}/results").content)["job_data"] == {"i": 2}
        api.scheduler._reader._path = tmp_path / "gone"
        api.scheduler._reader._local = type(api.scheduler._reader._local)()
        answer = api.get(f"jobs/{ids[2]}/results")
        assert (answer.status_code, "could not be read" in api.errors(answer)["store"]) == (503, True)
        assert api.post("jobs", json=payload()).status_code == 202


@pytest.fixture
def usual(tmp_path, monkeypatch):
    """Where the data of this user would be without LWFAST_CONFIG_DIR."""
    monkeypatch.setattr(platformdirs, "user_data_dir", lambda name, **_: str(tmp_path / "home" / name))
    return tmp_path / "home" / "lwfast" / "scheduler"


def test_the_folder_where_none_is_named(usual, tmp_path, monkeypatch):
    """It is in the folder in which tokens and settings are, wherever that is."""
    monkeypatch.setenv("LWFAST_CONFIG_DIR", str(tmp_path / "named"))
    assert default_data_dir() == tmp_path / "named" / "scheduler"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LWFAST_CONFIG_DIR", "beside")
    assert default_data_dir() == tmp_path / "beside" / "scheduler"
    monkeypatch.setenv("LWFAST_CONFIG_DIR", "~nobody-of-this-name/lwfast")
    with pytest.raises(ConfigError, match="--data-dir"):
        default_data_dir()


def test_a_queue_is_not_left_behind_in_silence(usual, tmp_path, monkeypatch):
    """Earlier versions did not look at the variable: the queue from then is named, and nothing is begun."""
    named = tmp_path / "named"
    monkeypatch.setenv("LWFAST_CONFIG_DIR", str(named))
    usual.mkdir(parents=True)
    (usual / STORE_FILE).touch()
    with pytest.raises(ConfigError) as error:
        default_data_dir()
    assert f"--data-dir {usual}," in str(error.value)
    assert f"--data-dir {named / 'scheduler'}." in str(error.value)
    assert not named.exists()
    (named / "scheduler").mkdir(parents=True)
    (named / "scheduler" / STORE_FILE).touch()
    assert default_data_dir() == named / "scheduler"
