"""What a scheduler has promised up to a point of its record, and whether a folder keeps it."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
from collections import Counter
from functools import cache
from pathlib import Path

from lwfast.scheduler.faults import DamagedError, StoreOpenError, UnavailableError
from lwfast.scheduler.server_settings import STORE_FILE
from lwfast.scheduler.store.checksums import IS_WHOLE
from lwfast.scheduler.store.data_folder import remove_leftovers
from lwfast.scheduler.store.result_files import open_result
from lwfast.scheduler.store.rows import DAMAGED_ENTRY, select_jobs
from lwfast.scheduler.store.store import Store
from tests.power_cut.workload import digest_of, new_job

TIME = "2026-01-01T00:00:00.000000Z"
job_of = cache(new_job)
digest = cache(digest_of)


class Promises:
    """Collects promises from the lines that the workload writes."""

    def __init__(self) -> None:
        self.asked: dict[str, list[str]] = {}
        self.accepted: dict[str, list[int]] = {}
        self.ended: dict[int, tuple[str, str | None]] = {}
        self.count = 0

    def take(self, lines: bytes) -> None:
        for line in lines.splitlines():
            said = json.loads(line)
            self.count += 1
            if "asked" in said:
                self.asked[said["asked"]] = said["names"]
            elif "accepted" in said:
                self.accepted[said["accepted"]] = said["ids"]
            elif "cancelled" in said:
                self.ended[said["cancelled"]] = ("Cancelled", None)
            else:
                self.ended[said["ended"]] = (said["status"], said["result"])

    def broken(self, folder: Path) -> list[str]:
        """Open what a folder holds as a start of the scheduler does, and say which promises it breaks."""
        try:
            store = Store(folder / STORE_FILE)
        except StoreOpenError as error:
            return [f"unreadable: {error}"]
        with contextlib.closing(store):
            store.connection.execute("BEGIN IMMEDIATE")
            store.recover(TIME)
            store.connection.execute("COMMIT")
            if (folder / "results").is_dir():
                asyncio.run(remove_leftovers(_AtOnce(store), folder / "results"))
            return [*self._broken_in(store, folder), *self._broken_by_sending_again(store)]

    def _broken_in(self, store: Store, folder: Path):
        jobs = {job.id: job for job in select_jobs(store.connection, "1", [])}
        runs = self._whole(store, "payloads", "body, seed, hardware")
        results = self._whole(store, "results", "body, file")
        for job in jobs.values():
            if job.damage or any(entry.message == DAMAGED_ENTRY for entry in job.logs):
                yield f"unreadable: job {job.id}"
                continue
            new = job_of(job.name)
            if runs.get(job.id) != (new.payload, new.seed, new.hardware):
                yield f"changed: the payload of job {job.id}"
            if (job.status.wire_name == "Completed") != (job.id in results):
                yield f"job {job.id} is {job.status} and has {'a' if job.id in results else 'no'} result"
            if job.logs[-1].status != job.status.wire_name:
                yield f"job {job.id} is {job.status}, and its log says {job.logs[-1].status}"
        for key, ids in self.accepted.items():
            found = [jobs[i].name if i in jobs else None for i in ids]
            if found != self.asked[key]:
                yield f"lost: of {key} there are {found}"
        for job_id, (status, digest) in self.ended.items():
            if job_id not in jobs or jobs[job_id].status.wire_name != status:
                yield f"lost: job {job_id} was {status}"
            elif status == "Completed":
                body, file = results.get(job_id, (b"", None))
                if file is not None:
                    try:
                        with open_result(folder / "results", file, job_id)[0] as opened:
                            body = opened.read()
                    except UnavailableError as error:
                        yield f"lost: {error}"
                        continue
                if hashlib.sha256(body).hexdigest() != digest:
                    yield f"changed: the result of job {job_id}"

    def _whole(self, store: Store, table: str, columns: str) -> dict[int, tuple]:
        text = f"SELECT job_id, {columns} FROM {table} WHERE {IS_WHOLE[table]}"
        return {job_id: tuple(row) for job_id, *row in store.connection.execute(text)}

    def _broken_by_sending_again(self, store: Store):
        """Send everything again that was not answered, as a client does, and see that all is there once."""
        store.connection.execute("BEGIN IMMEDIATE")
        for key, names in self.asked.items():
            try:
                ids, _ = store.accept([job_of(name) for name in names], TIME, key, digest(tuple(names)))
            except DamagedError as error:
                yield f"unreadable: {error}"
                continue
            if ids != self.accepted.get(key, ids):
                yield f"doubled: {key} was {self.accepted[key]} and is {ids}"
        store.connection.execute("COMMIT")
        counts = Counter(row[0] for row in store.connection.execute("SELECT name FROM jobs"))
        wanted = Counter(name for names in self.asked.values() for name in names)
        if counts != wanted:
            yield f"doubled or lost: {dict((counts - wanted) + (wanted - counts))}"


class _AtOnce:
    """Does at once what a writer does in its thread."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def submit(self, operation):
        return operation(self._store)
