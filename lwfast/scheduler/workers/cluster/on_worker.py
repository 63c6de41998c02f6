"""What runs on a machine of the cluster: functions that dask calls there, in threads of a dask worker.

Arguments and answers are numbers, text and bytes. No token is among them: a job is its payload, the hardware
and the seed.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lwfast.scheduler.workers.cluster.build import build_here
from lwfast.scheduler.workers.cluster.child import Child
from lwfast.scheduler.workers.cluster.cluster_faults import LostError, UnfitError, UnwantedError
from lwfast.scheduler.workers.frames import Done, Failed, Held, Share, pack

IDLE_SECONDS = 300.0
"""How long a worker process is kept that has nothing to do."""
_ENDING = frozenset({"closing", "closed", "failed"})
"""Statuses of a dask worker that takes its threads with it."""

Outcome = tuple[bytes, bytes, str, str]
"""A packed `Done` or `Failed`, and the content of the file that it names. In place of both, how the worker
process was lost, or why this dask worker is of no use."""


_lock = threading.Lock()
_idle: list[tuple[Child, str, threading.Timer]] = []
"""Worker processes that wait for a job, with what they were made of and what ends them."""
_folders: dict[str, Path] = {}


def hello(runner: str) -> dict[str, Any]:
    """Get a worker process ready, and say who we are.

    Args:
        runner: What runs a job, as `module:function`.

    Returns:
        `id` of this dask worker, as long as its process lives; `build` of its lwfast; `seconds` that the
        process took to get ready; `lost`: why it did not, or an empty text.
    """
    from distributed import get_worker

    worker = get_worker()
    build = build_here()
    facts: dict[str, Any] = {"id": worker.id, "build": build, "seconds": 0.0, "lost": ""}
    try:
        child = _take(worker, runner, build, _is_wanted_by(worker))
    except (LostError, OSError) as error:
        facts["lost"] = str(error)
    except UnwantedError:
        facts["lost"] = "nobody waits for it"
    else:
        facts["seconds"] = child.seconds
        _give_back(child, build)
    return facts


def run_job(
    order: bytes, token: str, topic: str, cores: int, runner: str, worker_id: str, build: str
) -> Outcome:
    """Run a job in a worker process, and end that once nobody waits for the job.

    Args:
        order: A `Run`, packed as a frame.
        token: Said on the topic once a worker process takes the job; its time counts from then on.
        topic: Of the cluster's events.
        cores: How many cores it may use.
        runner: What runs it, as `module:function`.
        worker_id: The dask worker that is meant: dask itself would start the job of a worker that died once
            more in one that has taken its address.
        build: The lwfast that is meant.
    """
    from distributed import get_worker

    worker = get_worker()
    if worker.id != worker_id:
        return b"", b"", "ended together with its dask worker", ""
    is_wanted = _is_wanted_by(worker)
    child: Child | None = None
    try:
        child = _take(worker, runner, build, is_wanted)
        worker.log_event(topic, token)
        child.send(pack(Share(min(cores, worker.state.nthreads))) + order)
        answer = child.answer(is_wanted)
        if isinstance(answer, Held):
            raise LostError.of(f"has no room for the result on its machine ({answer.reason})")
        assert isinstance(answer, Done | Failed)  # noqa: S101  (it has a job)
        body = _taken_from(child, answer)
    except UnfitError as error:
        return b"", b"", "", str(error)
    except (LostError, UnwantedError, OSError) as error:
        if child is not None:
            child.end()
        return b"", b"", str(error) or "was ended, since nobody waits for its job", ""
    except BaseException:  # such as no memory for the result, which dask reports
        if child is not None:
            child.end()
        raise
    _give_back(child, build)
    return pack(answer), body, "", ""


def head(outcome: Outcome) -> tuple[bytes, int, str, str]:
    """Return what is small of an outcome, and the size of what is not."""
    packed, body, lost, unfit = outcome
    return packed, len(body), lost, unfit


def part(outcome: Outcome, start: int, stop: int) -> bytes:
    """Return a part of what is large of an outcome."""
    return outcome[1][start:stop]


def _is_wanted_by(worker: Any) -> Callable[[], bool]:
    """Return what says whether the task that runs in this thread is still wanted, and its worker stays.

    dask does not end the thread of a task that was cancelled, or whose client has gone: the task has to look.
    """
    key = worker.get_current_task()

    def is_wanted() -> bool:
        task = worker.state.tasks.get(key)
        return task is not None and task.state != "cancelled" and worker.status.name not in _ENDING

    return is_wanted


def _take(worker: Any, runner: str, build: str, is_wanted: Callable[[], bool]) -> Child:
    """Return a worker process that is ready.

    Raises:
        LostError: It cannot get ready.
        UnfitError: It is not what is meant, such as after an upgrade.
        UnwantedError: Nobody waits for it.
        OSError: It cannot be started.
    """
    made_of = _folder(worker), runner, build  # several dask workers may live in one process
    while True:
        with _lock:
            found = next((one for one in _idle if (one[0].folder, one[0].runner, one[1]) == made_of), None)
            if found is None:
                break
            _idle.remove(found)
        found[2].cancel()
        if not found[0].has_ended:
            return found[0]
        found[0].end()
    child = Child(made_of[0], runner)
    try:
        child.wait_until_ready(is_wanted)
        if (here := build_here()) != build:
            raise UnfitError.of(f"has {here}, and the scheduler {build}")
    except BaseException:
        child.end()
        raise
    return child


def _give_back(child: Child, build: str) -> None:
    timer = threading.Timer(IDLE_SECONDS, _retire, (child,))
    timer.daemon = True
    with _lock:
        _idle.append((child, build, timer))
    timer.start()


def _retire(child: Child) -> None:
    with _lock:
        found = next((entry for entry in _idle if entry[0] is child), None)
        if found is None:
            return  # it has a job
        _idle.remove(found)
    child.end()


def _folder(worker: Any) -> Path:
    """Return the folder for large results of a dask worker, below its own, with which it goes."""
    with _lock:
        if worker.id not in _folders:
            os.makedirs(worker.local_directory, exist_ok=True)  # noqa: PTH103  (a text)
            _folders[worker.id] = Path(tempfile.mkdtemp(prefix="lwfast-", dir=worker.local_directory))
        return _folders[worker.id]


def _taken_from(child: Child, answer: Done | Failed) -> bytes:
    """Read the file of a result into memory, and remove it."""
    if isinstance(answer, Failed) or answer.file is None:
        return b""
    path = child.folder / answer.file
    body = path.read_bytes()
    path.unlink()
    return body
