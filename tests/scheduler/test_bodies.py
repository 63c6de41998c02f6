"""Bodies of requests: how many bytes of them are held at once, and those that are on their way at the end."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
from urllib.parse import urlsplit

import pytest

from lwfast.scheduler.web import connections
from tests.marks import posix
from tests.scheduler.harness import TOKEN, make_settings, own_process, payload, running
from tests.started import PATIENCE, read_rest, threads

pytestmark = pytest.mark.guarantee


def test_room_for_bodies():
    """Never more than there is room for, in the order in which they come, and small ones at once."""

    async def run():
        room, now, most, order = connections.BodyRoom(100_000_000), 0, 0, []

        async def send(number, size):
            nonlocal now, most
            async with room.held(size):
                order.append(number)
                now += size
                most = max(most, now)
                await asyncio.sleep(0.001)
                now -= size

        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*(send(i, 45_000_000) for i in range(16)), send("small", 1000))
        return most, order

    most, order = asyncio.run(run())
    assert most <= 90_001_000
    assert order.index("small") <= 2
    assert [number for number in order if number != "small"] == list(range(16))


def test_batches_at_once(tmp_path, monkeypatch):
    """Those for which there is no room yet wait, and all are accepted."""
    monkeypatch.setattr(connections, "ROOM_BYTES", 200_000)
    batch = {"jobs": [payload(job_data={"data": "x" * 1000})] * 80}
    assert 100_000 < len(json.dumps(batch)) < 200_000
    with running(make_settings(tmp_path)) as api:
        answers = []
        with threads(*[lambda: answers.append(api.post("v1/jobs/batch", json=batch).status_code)] * 6):
            pass
        assert answers == [202] * 6
        assert api.get("v1/jobs", params={"limit": 1}).json()["items"][0]["jobId"] == 480


def test_no_room(tmp_path, monkeypatch):
    """Who waits too long for room is told to come again."""
    monkeypatch.setattr(connections, "ROOM_BYTES", 100_000)
    with running(make_settings(tmp_path, body_seconds=0.5)) as api:
        answer = api.post("v1/jobs/batch", json={"jobs": [payload(job_data={"data": "x" * 1000})] * 80})
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
        assert "no room" in api.errors(answer)["body"]
        assert api.wait(api.submit())["jobStatus"] == "Completed"


@posix
def test_end_while_a_body_is_on_its_way(tmp_path):
    """The scheduler does not wait for the rest: the client is told, and nothing is logged."""
    with own_process(tmp_path, stderr=subprocess.PIPE) as (process, api):
        where = urlsplit(api.root)
        with socket.create_connection((where.hostname, where.port), timeout=PATIENCE) as client:
            head = f"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nx-access-token: {TOKEN}\r\n"
            client.sendall(f"{head}Content-Length: 1000\r\n\r\n{{".encode())
            api.submit()  # by then the other request is known
            process.terminate()
            answer = b""
            while piece := client.recv(65536):
                answer += piece
        said = read_rest(process)
        assert process.wait(PATIENCE) == 0
    assert answer.startswith(b"HTTP/1.1 503")
    assert b"shutting down" in answer
    assert "Traceback" not in said
