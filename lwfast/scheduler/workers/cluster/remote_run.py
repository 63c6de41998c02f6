"""One run of a job on the cluster: sent to one dask worker, and its answer fetched from there."""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from pathlib import Path
from typing import Any, BinaryIO

from lwfast._base.limits import MIB
from lwfast.scheduler.store.result_files import name_by_digest, write_result
from lwfast.scheduler.workers.cluster import on_worker
from lwfast.scheduler.workers.cluster.cluster_faults import ClusterLostError, LostError, UnfitError
from lwfast.scheduler.workers.frames import LENGTH, Done, Failed, Run, decode_answer

PART_BYTES = 8 * MIB
"""A large result is fetched in parts of this size, one after the other."""
PART_SECONDS = 120.0
"""Longest that a part may take."""

_abandoned: set[asyncio.Future[Any]] = set()
"""Waits that nobody wants the end of any more; they end when their future is released."""


class RemoteRun:
    """A job on one dask worker.

    Args:
        client: The client of the cluster, in this event loop.
        address: Of the dask worker.
        order: The job as a `Run`.
        frame: The same, packed as it is sent.
        arguments: Of `on_worker.run_job`, behind the order and the token.

    Attributes:
        token: What the worker says once it begins.
    """

    def __init__(self, client: Any, address: str, order: Run, frame: bytes, *arguments: Any) -> None:
        self._client = client
        self._address = address
        self._order = order
        self.token = uuid.uuid4().hex
        self._key = f"lwfast-{order.job_id}-{self.token}"
        self._released = False
        self._parts: set[Any] = set()
        # Both at once, so that the second begins on the spot. What it returns is small.
        self._run = self._submit("run", on_worker.run_job, frame, self.token, *arguments)
        self._head = self._submit("head", on_worker.head, self._run)

    async def answer(self) -> tuple[Done | Failed, int]:
        """Wait for the answer, and for the size of the file that it names, which is still to be fetched.

        Raises:
            LostError: The worker process was lost.
            UnfitError: The dask worker is of no use.
            ClusterLostError: The connection was lost.
        """
        packed, size, lost, unfit = await result_of(self._head)
        if unfit:
            raise UnfitError.of(unfit)
        if lost:
            raise LostError.of(f"on {self._address} {lost}")
        answer = decode_answer(packed[LENGTH.size :])
        if not isinstance(answer, Done | Failed) or answer.job_id != self._order.job_id:
            raise LostError.of(f"on {self._address} gave the answer of another job")
        return answer, size

    async def fetch(self, path: Path, size: int) -> None:
        """Write the result into its file, part by part.

        Raises:
            LostError: The worker process was lost, or sent something else.
            ClusterLostError: The connection was lost.
            OSError: The file cannot be written, or there is no room for it.
        """
        loop = asyncio.get_running_loop()

        def content(file: BinaryIO) -> None:
            digest = hashlib.sha256()
            for start in range(0, size, PART_BYTES):
                data = asyncio.run_coroutine_threadsafe(self._part(start, size), loop).result()
                digest.update(data)
                file.write(data)
            if path.name != name_by_digest(self._order.job_id, self._order.seed, digest.hexdigest()):
                raise LostError.of(f"on {self._address} sent a result that is not what it had written")
            if self._released:
                raise ClusterLostError

        await asyncio.to_thread(write_result, path, size, content)

    def release(self) -> None:
        """Let go of the job: dask forgets it, and where it runs, it is ended."""
        self._released = True
        for future in (*self._parts, self._head, self._run):
            future.release()

    async def _part(self, start: int, size: int) -> bytes:
        if self._released:
            raise ClusterLostError
        future = self._submit(
            f"part-{start}", on_worker.part, self._run, start, min(start + PART_BYTES, size)
        )
        self._parts.add(future)
        try:
            async with asyncio.timeout(PART_SECONDS):
                data: bytes = await result_of(future)
                return data
        except TimeoutError:
            raise LostError.of(f"on {self._address} did not send its result") from None
        finally:
            self._parts.discard(future)
            future.release()

    def _submit(self, name: str, function: Any, *arguments: Any) -> Any:
        return submit(self._client, self._address, f"{self._key}-{name}", function, *arguments)


def submit(client: Any, address: str, key: str, function: Any, *arguments: Any) -> Any:
    """Have one dask worker, and no other, call a function."""
    return client.submit(
        function, *arguments, key=key, workers=[address], allow_other_workers=False, pure=False, retries=0
    )


async def result_of(future: Any) -> Any:
    """Wait for what a function gives that `submit` sent; whoever stops waiting releases the future.

    Raises:
        LostError: It raised, or its dask worker died.
        ClusterLostError: The connection was lost, perhaps while what had been made was fetched.
    """
    waiting = asyncio.ensure_future(_awaited(future))
    try:
        # Where dask's own wait is cancelled while it fetches, it leaves a task behind. That fails once the
        # future is released, with an `AllExit` that nobody takes and that asyncio writes into the log.
        return await asyncio.shield(waiting)
    except asyncio.CancelledError:
        _abandoned.add(waiting)
        waiting.add_done_callback(_forget)
        raise
    except Exception as error:
        # What the function raises has the status "error": any other OSError is of the connection, and the
        # client may not have heard of that yet.
        if future.status == "cancelled" or (isinstance(error, OSError) and future.status != "error"):
            raise ClusterLostError from error
        raise LostError.of(f"was lost ({type(error).__name__}: {str(error)[:500]})") from error


async def _awaited(future: Any) -> Any:
    return await future


def _forget(waiting: asyncio.Future[Any]) -> None:
    _abandoned.discard(waiting)
    if not waiting.cancelled():
        waiting.exception()  # which tells asyncio that it was looked at
