"""How a cluster is asked for, and the places for jobs that its workers give."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from types import SimpleNamespace

import pytest

import lwfast as lw
from lwfast import remote
from lwfast.cli.main import main
from lwfast.remote import local as local_module
from lwfast.scheduler.faults import ConfigError
from lwfast.scheduler.queue.core import Scheduler
from lwfast.scheduler.server_settings import MOST_REMOTE
from lwfast.scheduler.workers.cluster import dask_link
from lwfast.scheduler.workers.cluster.address import dask_address
from lwfast.scheduler.workers.cluster.build import build_here
from lwfast.scheduler.workers.cluster.dask_link import Link
from lwfast.scheduler.workers.cluster.place import Member, Place
from lwfast.scheduler.workers.cluster.pool import DaskPool
from lwfast.scheduler.workers.frames import Run, pack
from tests.scheduler.harness import FAKE, make_settings
from tests.started import PATIENCE, said_by_python


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("dask://10.0.0.1:8786", "tcp://10.0.0.1:8786"),
        ("dask://login.example.org:1/", "tcp://login.example.org:1"),
        ("dask+tls://[::1]:8786", "tls://[::1]:8786"),
    ],
)
def test_addresses(given, address):
    assert dask_address(given) == address


@pytest.mark.parametrize(
    "given",
    [
        "",
        "dask",
        "dask://",
        "dask://host",
        "dask://host:0",
        "dask://host:x",
        "dask://host:99999",
        "dask://:8786",
        "dask://[::1:8786",
        "dask://user:secret@host:8786",
        "dask://host:8786/path",
        "dask://host:8786?a=b",
        "tcp://host:8786",
        "slurm://host:8786",
    ],
)
def test_addresses_that_are_none(given, tmp_path):
    with pytest.raises(ConfigError, match=r"should be dask://HOST:PORT, or dask\+tls://HOST:PORT"):
        dask_address(given)
    with pytest.raises(ConfigError):
        Scheduler(make_settings(tmp_path, executor=given))
    assert not list(tmp_path.iterdir())  # nothing was opened before it was looked at


def test_the_command_refuses_other_addresses(capsys, tmp_path):
    assert main(["serve", "--executor", "tcp://host:8786", "--data-dir", str(tmp_path / "data")]) == 1
    captured = capsys.readouterr()
    assert "should be dask://HOST:PORT" in captured.err
    assert not (tmp_path / "data").exists()


def test_the_extra_that_is_missing(capsys, monkeypatch):
    """Is named by the command and by the client, before anything is started."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert main(["serve", "--executor", "dask://127.0.0.1:8786"]) == 1
    assert "distributed (the extra lwfast[distributed])" in capsys.readouterr().err
    find = local_module.importlib.util.find_spec
    monkeypatch.setattr(
        local_module.importlib.util, "find_spec", lambda name: None if name == "dask" else find(name)
    )
    monkeypatch.delitem(sys.modules, "distributed")
    with pytest.raises(lw.LightworksDependencyError, match=r"needs dask.*lwfast\[distributed\]"):
        remote.local_scheduler(executor="dask://127.0.0.1:8786").start()


def test_what_the_client_hands_on():
    options = remote.local_scheduler(executor="dask://127.0.0.1:8786", workers=3)._options
    assert options[-4:] == ["--workers", "3", "--executor", "dask://127.0.0.1:8786"]


def test_dask_is_imported_late():
    """A scheduler without a cluster never loads it."""
    code = "import lwfast.scheduler.server, sys; print('dask' in sys.modules)"
    assert said_by_python(code) == "False\n"


def test_no_connection_stays_open_whenever_the_wait_for_it_ends(monkeypatch):
    """Nor where it is made in the very turn of the event loop in which the wait is given up."""
    pytest.importorskip("distributed", reason="needs dask.distributed, an optional package")

    async def at_once(function):
        return function()

    monkeypatch.setattr(dask_link.asyncio, "to_thread", at_once)  # so that turns can be counted

    async def connect(address):
        async with dask_link.connected(address):
            pass

    async def give_up(address, turns):
        waiting = asyncio.create_task(connect(address))
        for _ in range(turns):
            await asyncio.sleep(0)
        waiting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await waiting

    async def give_up_each_time():
        with socket.create_server(("127.0.0.1", 0), backlog=100) as silent:
            for turns in range(30):
                await give_up(f"tcp://127.0.0.1:{silent.getsockname()[1]}", turns)
            silent.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                while True:
                    ended.append(has_ended(silent.accept()[0]))

    def has_ended(connection):
        connection.settimeout(PATIENCE)
        with connection, contextlib.suppress(ConnectionResetError):
            while connection.recv(65536):
                pass
        return True

    ended = []
    asyncio.run(give_up_each_time())
    assert len(ended) > 10


def test_how_many_jobs_at_once(tmp_path):
    assert make_settings(tmp_path, workers=None, executor="dask://h:1").n_workers == MOST_REMOTE
    assert make_settings(tmp_path, workers=5, executor="dask://h:1").n_workers == 5


def test_a_build_is_that_of_the_sources(tmp_path, monkeypatch):
    """Another file among the sources makes another name, and the same ones the same."""
    here = build_here()
    assert here == build_here()
    assert lw.__version__ in here
    (tmp_path / "lwfast").mkdir()
    (tmp_path / "lwfast" / "__init__.py").write_text("")
    monkeypatch.setattr(lw, "__file__", str(tmp_path / "lwfast" / "__init__.py"))
    assert build_here() != here


def test_another_dask_scheduler_at_the_same_address():
    """Is found out at once, by what it calls itself: the workers that it does not know are not lost."""
    stream = object()
    client = SimpleNamespace(status="running", scheduler_comm=stream)
    link = Link(client)
    assert link.holds
    assert link.leads_to("one")
    assert link.leads_to("one")
    assert not link.leads_to("other")
    assert not link.holds
    again = Link(client)
    client.scheduler_comm = object()  # dask has connected again
    assert not again.holds


def pool_of(most, threads):
    async def make():
        called = dict.fromkeys(
            ("on_idle", "on_begun", "on_answer", "on_held", "on_lost", "on_put_back", "on_trouble"),
            lambda *given: None,
        )
        pool = DaskPool("tcp://127.0.0.1:1", most, None, "runner", **called)
        for number, count in enumerate(threads):
            member = pool._members[f"w{number}"] = Member(f"w{number}", count, 0.0)
            member.ready = count > 0
        pool._arrange()
        return pool

    return asyncio.run(make())


def places(pool):
    return [sum(place.member is member for place in pool.workers) for member in pool._members.values()]


@pytest.mark.parametrize(
    ("most", "threads", "wanted"),
    [
        (256, [4, 1], [4, 1]),
        (2, [4, 4], [1, 1]),
        (5, [1, 8], [1, 4]),
        (3, [1, 1, 1, 1], [1, 1, 1, 0]),
        (9, [2, 0], [2, 0]),
        (9, [], []),
    ],
)
def test_places_are_spread_over_the_workers(most, threads, wanted):
    pool = pool_of(most, threads)
    assert places(pool) == wanted
    assert pool.ready == sum(wanted)
    assert pool.cores == sum(threads)


def test_jobs_go_to_the_worker_that_has_the_fewest():
    pool = pool_of(256, [4, 2])
    first = [pool.claim(number).member.address for number in range(6)]
    assert sorted(first[:3]) in (["w0", "w0", "w1"], ["w0", "w1", "w1"])
    assert pool.claim(7) is None
    assert pool.busy == 6
    assert pool.running(3).job_id == 3


def test_busy_places_outlive_a_change_of_the_workers():
    """A worker that comes, where there are as many places as there may be, gets one once a job has ended."""
    pool = pool_of(2, [2])
    busy = pool.claim(1), pool.claim(2)
    late = pool._members["late"] = Member("late", 2, 0.0)
    late.ready = True
    pool._arrange()
    assert pool.workers == list(busy)
    busy[0].clear()
    pool._arrange()
    assert sorted(place.member.address for place in pool.workers) == ["late", "w0"]


def test_a_job_that_was_forgotten_is_not_sent():
    """Its payload may still be on its way from the disk when a place has forgotten it."""
    pool = pool_of(1, [1])
    place = pool.claim(1)
    before = place.process
    place.kill()
    assert place.process is not before
    assert place.idle


@pytest.mark.parametrize("client", [None, SimpleNamespace(status="closed", submit=None)])
def test_a_job_that_cannot_be_sent_is_not_lost(tmp_path, client):
    """Where the connection is gone and nobody has noticed yet: the job is put back with all others."""
    lost = []
    events = ("on_idle", "on_begun", "on_answer", "on_held", "on_put_back", "on_trouble")
    called = dict.fromkeys(events, lambda *_: None) | {"on_lost": lambda *how: lost.append(how)}

    async def run():
        made = DaskPool("tcp://127.0.0.1:1", 1, tmp_path, FAKE, **called)
        made._client = client
        place = Place(Member("tcp://127.0.0.1:2", 1, 0.0), made._begin)
        place.job_id = 7
        await made._run(place, pack(Run(7, b"{}", b"{}", 1, None, {})))
        return made._broken.is_set(), place.job_id

    assert asyncio.run(run()) == (True, 7)
    assert lost == []
