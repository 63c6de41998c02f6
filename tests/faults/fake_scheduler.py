"""A scheduler on loopback that keeps jobs in memory and misbehaves when told to.

It speaks the reference wire, and with `v1=True` also what the client uses of lwfast's own API. Jobs go
through `script`, one status each time they are looked at, unless a test sets their status itself.
"""

from __future__ import annotations

import json
import re
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from lwfast.wire.announcement import IDENTITY_PATH

TOKEN = "t0ken-never-to-be-shown"
DATE = "2026-01-02T03:04:05.678901Z"
COMPLETE = {"Completed", "Failed", "Cancelled", "TimedOut"}


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes


@dataclass
class FakeJob:
    id: int
    payload: dict[str, Any]
    script: list[str]
    status: str = "Accepted"
    position: int | None = None
    notes: str | None = None
    errors: list[dict[str, Any]] = field(default_factory=list)
    results: bytes | None = None
    seq: int = 0


# A fault gets the handler and returns whether it dealt with the request.
Fault = Callable[["Handler"], bool]


class FakeScheduler:
    def __init__(self, *, v1: bool = False) -> None:
        self.v1 = v1
        self.jobs: dict[int, FakeJob] = {}
        self.script = ["Scheduled", "Running", "Completed"]
        self.requests: list[Request] = []
        self.faults: list[tuple[str, str, Fault]] = []
        self.keys: dict[str, Any] = {}
        self.health: dict[str, Any] = {}  # further facts of v1/status
        self.qpus = [qpu()]
        self.seq = 0
        self.lock = threading.RLock()
        self.connections = 0
        self.token = TOKEN
        self.identity: Callable[[str], str] | None = None  # what it answers a challenge with
        self.port = 0
        self.tls: ssl.SSLContext | None = None
        self._server: ThreadingHTTPServer | None = None

    def __enter__(self) -> FakeScheduler:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        owner = self

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def process_request(self, request: Any, client_address: Any) -> None:
                owner.connections += 1
                owner.sockets.append(request)
                super().process_request(request, client_address)

            def handle_error(self, request: Any, client_address: Any) -> None:
                pass

        self.sockets: list[socket.socket] = []
        self._server = Server(("127.0.0.1", self.port), type("Bound", (Handler,), {"owner": self}))
        self.port = self._server.server_address[1]
        if self.tls is not None:
            self._server.socket = self.tls.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        """Stop as a killed process does: every open connection breaks."""
        if self._server is None:
            return
        self._server.shutdown()
        self._server.server_close()
        self._server = None
        for item in self.sockets:
            with suppress(OSError):
                item.shutdown(socket.SHUT_RDWR)
            item.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/"

    def fault(self, method: str, path: str, *faults: Fault) -> None:
        """Let the next requests that match meet these faults, one each."""
        self.faults += [(method, path, item) for item in faults]

    def seen(self, method: str, path: str) -> list[Request]:
        return [item for item in self.requests if item.method == method and re.fullmatch(path, item.path)]

    def add(self, payload: dict[str, Any] | None = None, **fields: Any) -> FakeJob:
        with self.lock:
            self.seq += 1
            job = FakeJob(
                id=17770 + len(self.jobs),
                payload=payload or {"job_name": "Job", "qpu": "Artemis", "input": [1, 0]},
                script=list(self.script),
                seq=self.seq,
            )
            job.results = results({"(0, 1, 0, 0)": 45, "(1, 0, 0, 0)": 55})
            for name, value in fields.items():
                setattr(job, name, value)
            self.jobs[job.id] = job
            return job

    def advance(self, job: FakeJob) -> None:
        with self.lock:
            if job.script and job.status not in COMPLETE:
                job.status = job.script.pop(0)
                self.seq += 1
                job.seq = self.seq


class Handler(BaseHTTPRequestHandler):
    owner: FakeScheduler
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_: Any) -> None:
        pass

    def _handle(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length)
        parts = urlsplit(self.path)
        self.route = parts.path.removeprefix("/api/")
        self.query = parse_qs(parts.query)
        request = Request(self.command, self.route, self.query, dict(self.headers.items()), self.body)
        with self.owner.lock:
            self.owner.requests.append(request)
            fault = self.next_fault()
        if fault is not None and fault(self):
            return
        if self.route == IDENTITY_PATH and self.owner.identity is not None:
            self.answer(200, {"proof": self.owner.identity(self.query["challenge"][0])})
            return
        if self.headers.get("x-access-token") != self.owner.token:
            self.answer(401, {"title": "Unauthorized"})
            return
        self.serve()

    def next_fault(self) -> Fault | None:
        for number, (method, path, fault) in enumerate(self.owner.faults):
            if method == self.command and re.fullmatch(path, self.route):
                del self.owner.faults[number]
                return fault
        return None

    do_GET = do_POST = do_PUT = _handle

    def answer(self, status: int, value: Any = None, headers: dict[str, str] | None = None) -> None:
        body = b"" if value is None else value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if self.owner.v1:
            self.send_header("X-Lwfast-Api", "1")
        for key, text in (headers or {}).items():
            self.send_header(key, text)
        self.end_headers()
        self.wfile.write(body)

    def serve(self) -> None:
        owner = self.owner
        route = self.route
        if route == "qpus":
            self.answer(200, [{"name": item["name"], "id": item["id"], "x": 1} for item in owner.qpus])
        elif match := re.fullmatch(r"[Qq]pus/(\w+)", route):
            found = [item for item in owner.qpus if str(item["id"]) == match[1]]
            self.answer(200, found[0]) if found else self.answer(404)
        elif route == "jobs" and self.command == "POST":
            job = owner.add(json.loads(self.body))
            self.answer(202, None, {"X-Job-Id": str(job.id)})
        elif route == "jobs":
            wanted = self.query.get("statuses")
            items = [
                {"id": job.id, "y": 2} for job in owner.jobs.values() if not wanted or job.status in wanted
            ]
            self.answer(200, {"items": items, "total": len(items)})
        elif match := re.fullmatch(r"(v1/)?jobs/([^/]+)(/\w+)?", route):
            if match[1] and not owner.v1:
                self.answer(404)
            elif match[2] == "batch":
                self.keyed([*json.loads(self.body)["jobs"]], many=True)
            elif not match[2].isdigit() or int(match[2]) not in owner.jobs:
                self.answer(404)
            else:
                self.job(owner.jobs[int(match[2])], match[3] or "", v1=bool(match[1]))
        elif owner.v1 and route.startswith("v1/"):
            self.serve_v1(route)
        else:
            self.answer(404)

    def job(self, job: FakeJob, what: str, *, v1: bool) -> None:
        if what == "":
            seen = record(job) if v1 else details(job)
            self.owner.advance(job)  # before the answer, so that a test which got it finds all done
            self.answer(200, seen)
        elif what == "/payload" and v1:
            self.answer(200, job.payload)
        elif what == "/cancel":
            if job.status in COMPLETE:
                self.answer(400, {"errors": []})
            else:
                job.status, job.script = "Cancelled", []
                self.answer(204)
        elif what == "/results":
            if job.status not in {"Completed", "TimedOut"}:
                self.answer(400 if job.status in COMPLETE else 404)
            elif job.results is None:
                self.answer(400)
            else:
                self.answer(200, job.results)

    def serve_v1(self, route: str) -> None:
        owner = self.owner
        if route == "v1/jobs" and self.command == "POST":
            self.keyed([json.loads(self.body)], many=False)
        elif route == "v1/jobs":
            jobs = sorted(owner.jobs.values(), key=lambda job: -job.id)
            for key, of in (
                ("name", lambda job: job.payload["job_name"]),
                ("status", lambda job: job.status),
            ):
                if key in self.query:
                    jobs = [job for job in jobs if of(job) in self.query[key]]
            if "before" in self.query:
                jobs = [job for job in jobs if job.id < int(self.query["before"][0])]
            limit = int(self.query["limit"][0])
            before = jobs[limit - 1].id if len(jobs) > limit else None
            self.answer(200, {"items": [record(job) for job in jobs[:limit]], "before": before})
        elif route == "v1/status":
            counts = {"workers": 1, "running": 0, "waiting": 2}
            self.answer(200, {"version": "0.1.0", "startedDate": DATE, **counts, **owner.health})
        elif route == "v1/changes":
            ids = [int(item) for item in self.query["ids"][0].split(",")]
            if any(item not in owner.jobs for item in ids):
                self.answer(404)
                return
            jobs = [owner.jobs[item] for item in ids]
            time.sleep(min(0.01, float(self.query["timeout"][0])))
            seen = {"seq": owner.seq, "items": [record(job) for job in jobs]}
            for job in jobs:
                owner.advance(job)
            self.answer(200, seen)
        else:
            self.answer(404)

    def keyed(self, payloads: list[Any], *, many: bool) -> None:
        owner = self.owner
        with owner.lock:
            key = self.headers["Idempotency-Key"]
            if key not in owner.keys:
                owner.keys[key] = [owner.add(payload) for payload in payloads]
            jobs = owner.keys[key]
        self.answer(202, {"jobs": [record(job) for job in jobs]} if many else record(jobs[0]))


# --- what it says -----------------------------------------------------------------------------------


def qpu(**changes: Any) -> dict[str, Any]:
    return {
        "id": 1,
        "name": "Artemis",
        "numberOfModes": 20,
        "maxPhotonInputNumber": 8,
        "maxDetectionFilter": 4,
        "defaultMaxSamples": 1_000_000,
        "maxSamples": [
            {"item1": n, "item2": s} for n, s in ((1, 10**6), (2, 10**6), (3, 50_000), (4, 10_000))
        ],
        "isAvailable": True,
        "lastUpdated": DATE,
    } | changes


def details(job: FakeJob) -> dict[str, Any]:
    meta = {"CompilationErrors": job.errors} if job.errors else {}
    return {
        "jobId": job.id,
        "queuePosition": job.position,
        "jobStatus": job.status,
        "createdDate": DATE,
        "updatedDate": DATE,
        "logs": [{"message": "Job received", "createdDate": DATE, "status": "Accepted", "meta": meta}],
        "userExecutionNotes": job.notes,
    }


def record(job: FakeJob) -> dict[str, Any]:
    return {
        "jobId": job.id,
        "jobName": job.payload["job_name"],
        "qpu": job.payload["qpu"],
        "jobStatus": job.status,
        "queuePosition": job.position,
        "createdDate": DATE,
        "updatedDate": DATE,
        "nModes": 4,
        "nPhotons": 1,
        "nSamples": 100,
        "minDetection": 1,
        "seq": job.seq,
        "later": "a field that this version does not know",
    }


def results(counts: dict[str, int] | None, job_data: dict[str, Any] | None = None) -> bytes:
    value: dict[str, Any] = {"results": counts}
    if job_data is not None:
        value["job_data"] = job_data
    return json.dumps(value).encode()


# --- faults -----------------------------------------------------------------------------------------


def reset(handler: Handler) -> bool:
    """Break the connection without an answer."""
    _break(handler)
    return True


def reset_after_doing(handler: Handler) -> bool:
    """Do what was asked, then break the connection instead of answering."""

    def swallow(*_: Any, **__: Any) -> None:
        return None

    handler.answer = swallow  # type: ignore[method-assign]
    handler.serve()
    _break(handler)
    return True


def after_doing(fault: Fault) -> Fault:
    """Do what was asked, then meet the fault instead of answering."""

    def both(handler: Handler) -> bool:
        answer = handler.answer
        handler.answer = lambda *_, **__: None  # type: ignore[method-assign]
        handler.serve()
        handler.answer = answer  # type: ignore[method-assign]
        return fault(handler)

    return both


def _break(handler: Handler) -> None:
    linger = struct.pack("ii", 1, 0)
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    handler.wfile.flush()
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def status(code: int, value: Any = None, **headers: str) -> Fault:
    """Answer with a status; underscores in header names stand for hyphens."""

    def fault(handler: Handler) -> bool:
        named = {key.replace("_", "-"): text for key, text in headers.items()}
        handler.answer(code, value, named)
        return True

    return fault


def truncated(body: bytes, missing: int = 10) -> Fault:
    """Announce more bytes than are sent."""

    def fault(handler: Handler) -> bool:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body) + missing))
        handler.end_headers()
        handler.wfile.write(body)
        handler.close_connection = True
        return True

    return fault


def stuck(seconds: float) -> Fault:
    """Say nothing for a while, then break the connection."""

    def fault(handler: Handler) -> bool:
        time.sleep(seconds)
        _break(handler)
        return True

    return fault


def slow(body: bytes, pieces: int, pause: float) -> Fault:
    """Send the body in pieces, with pauses between them."""

    def fault(handler: Handler) -> bool:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        step = -(-len(body) // pieces)
        for start in range(0, len(body), step):
            handler.wfile.write(body[start : start + step])
            handler.wfile.flush()
            time.sleep(pause)
        return True

    return fault
