"""A proxy on loopback that passes HTTP on to a scheduler, and does to single requests what a network may do.

It works on bytes, so that what a client meets does not depend on what any library would write: connections
are refused or reset at any place, answers stop, drip, are cut, or replaced by others. A test names the method
and the path of the requests, and what is to happen to the next ones:

    with FaultProxy(scheduler.port) as proxy:
        proxy.fault("POST", "jobs", reset_after_body)
"""

from __future__ import annotations

import gzip
import re
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache

PATIENCE_SECONDS = 20.0
"""How long a connection is held for a client that does not go away."""
PIECE = 1 << 16


@dataclass
class Exchange:
    """One request as it comes in.

    Attributes:
        method: GET, POST or PUT.
        path: Below `/api/`, without its query.
        head: Request line and headers, with the empty line behind them.
        length: Bytes of the body, of which none is read yet.
    """

    client: socket.socket
    upstream: tuple[str, int]
    method: str
    path: str
    head: bytes
    length: int
    came: bytes = field(default=b"", repr=False)  # of the body, together with the head

    def body(self, most: int | None = None) -> bytes:
        """Read the body, or its beginning."""
        wanted = self.length if most is None else min(most, self.length)
        while len(self.came) < wanted:
            piece = self.client.recv(min(PIECE, wanted - len(self.came)))
            if not piece:
                raise ConnectionError("The client went away.")
            self.came += piece
        return self.came[:wanted]

    def pass_on(self) -> bytes:
        """Let the scheduler do what is asked; returns its whole answer."""
        body = self.body()
        with socket.create_connection(self.upstream, PATIENCE_SECONDS) as there:
            head = re.sub(rb"(?im)^connection:.*\r\n", b"", self.head)
            there.sendall(head.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n") + body)
            answer = b"".join(iter(lambda: there.recv(PIECE), b""))
        return re.sub(rb"(?im)^connection:.*\r\n", b"", answer, count=1)

    def send(self, answer: bytes) -> None:
        """Send an answer, or a part of one."""
        self.client.sendall(answer)

    def reset(self) -> None:
        """Break the connection off."""
        self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.client.close()

    def hold(self) -> None:
        """Say nothing more until the client goes away."""
        self.client.settimeout(PATIENCE_SECONDS)
        with suppress(OSError):
            while self.client.recv(PIECE):
                pass


Fault = Callable[[Exchange], "bool | None"]
"""Deals with a request; returns whether the connection is of further use."""


class FaultProxy:
    """The proxy; a context manager.

    Args:
        port: Of the scheduler on loopback that it stands before.

    Attributes:
        requests: Method and path of all that came.
        connections: How many were made.
    """

    def __init__(self, port: int) -> None:
        self.upstream = "127.0.0.1", port
        self.requests: list[tuple[str, str]] = []
        self.connections = 0
        self._faults: list[tuple[str, str, Fault]] = []
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener: socket.socket | None = None
        self.port = 0

    def __enter__(self) -> FaultProxy:
        self.listen()
        return self

    def __exit__(self, *_: object) -> None:
        self.refuse()

    @property
    def url(self) -> str:
        """Base URL for clients."""
        return f"http://127.0.0.1:{self.port}/api/"

    @property
    def left(self) -> int:
        """How many faults no request has met yet."""
        return len(self._faults)

    def fault(self, method: str, path: str, *faults: Fault) -> None:
        """Let the next requests of this method, whose path matches, meet these faults, one each."""
        with self._lock:
            self._faults += [(method, path, item) for item in faults]

    def clear(self) -> None:
        """Let nothing more happen."""
        with self._lock:
            self._faults.clear()

    def listen(self) -> None:
        """Take connections, from now on, or again."""
        if self._listener is None:
            self._listener = socket.create_server(("127.0.0.1", self.port), backlog=64)
            self.port = self._listener.getsockname()[1]
            threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def refuse(self) -> None:
        """Refuse connections from now on, and break those off that there are."""
        listener, self._listener = self._listener, None
        if listener is not None:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits in accept
            listener.close()
        with self._lock:
            there = list(self._open)
        for client in there:
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)

    # --- connections --------------------------------------------------------------------------------

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.settimeout(PATIENCE_SECONDS)
        with self._lock:
            self._open.add(client)
        try:
            while (exchange := self._next(client)) is not None:
                if not (self._fault_for(exchange) or passed)(exchange):
                    break
        except OSError:
            pass
        finally:
            with self._lock:
                self._open.discard(client)
            client.close()

    def _next(self, client: socket.socket) -> Exchange | None:
        came = b""
        while b"\r\n\r\n" not in came:
            piece = client.recv(PIECE)
            if not piece:
                return None
            came += piece
        head, _, rest = came.partition(b"\r\n\r\n")
        method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
        length = re.search(rb"(?im)^content-length: *(\d+)", head)
        path = target.partition("?")[0].removeprefix("/api/")
        self.requests.append((method, path))
        size = int(length[1]) if length else 0
        return Exchange(client, self.upstream, method, path, head + b"\r\n\r\n", size, rest)

    def _fault_for(self, exchange: Exchange) -> Fault | None:
        with self._lock:
            for number, (method, path, fault) in enumerate(self._faults):
                if method == exchange.method and re.fullmatch(path, exchange.path):
                    del self._faults[number]
                    return fault
        return None


# --- what may happen --------------------------------------------------------------------------------


def passed(exchange: Exchange) -> bool:
    """Nothing: the request and its answer are passed on."""
    exchange.send(exchange.pass_on())
    return True


def reset_before_body(exchange: Exchange) -> None:
    """Reset the connection once the headers are there."""
    exchange.reset()


def reset_within_body(exchange: Exchange) -> None:
    """Reset the connection in the middle of the body; of a request without one, after the headers."""
    exchange.body(exchange.length // 2)
    exchange.reset()


def reset_after_body(exchange: Exchange) -> None:
    """Reset the connection once all was sent, of which the scheduler gets nothing."""
    exchange.body()
    exchange.reset()


def reset_after_doing(exchange: Exchange) -> None:
    """Let the scheduler do what is asked, and reset the connection instead of an answer."""
    exchange.pass_on()
    exchange.reset()


def reset_in_headers(exchange: Exchange) -> None:
    """Reset the connection in the middle of the headers of the answer."""
    head = exchange.pass_on().partition(b"\r\n\r\n")[0]
    exchange.send(head[: len(head) // 2])
    time.sleep(0.01)  # else the reset may overtake it
    exchange.reset()


def reset_in_answer(exchange: Exchange) -> None:
    """Reset the connection before the last byte of the answer."""
    exchange.send(exchange.pass_on()[:-1])
    time.sleep(0.01)
    exchange.reset()


def stall(exchange: Exchange) -> None:
    """Send all of the answer but its last byte, and then nothing more."""
    exchange.send(exchange.pass_on()[:-1])
    exchange.hold()


def drip(exchange: Exchange) -> None:
    """Send the answer one byte after the other: in a second or more, and no byte is long in coming."""
    answer = exchange.pass_on()
    for byte in answer:
        exchange.send(bytes([byte]))
        time.sleep(max(0.002, 1.0 / len(answer)))


def silence(exchange: Exchange) -> None:
    """Let the scheduler do what is asked, and never answer."""
    exchange.pass_on()
    exchange.hold()


def cut_headers(exchange: Exchange) -> None:
    """End the connection in the middle of the last header of the answer."""
    exchange.send(exchange.pass_on().partition(b"\r\n\r\n")[0][:-2])


def truncated(exchange: Exchange) -> None:
    """End the answer too early, though its length was announced."""
    exchange.send(exchange.pass_on()[:-1])


def answered(status: int, *, body: bytes = b"", after: bool = False, **headers: str) -> Fault:
    """Answer in the scheduler's place.

    Args:
        status: The status.
        body: The body.
        after: Whether the scheduler does first what is asked; its answer is lost.
        headers: The headers; underscores stand for hyphens, and `Content_Length` may be wrong.
    """

    def fault(exchange: Exchange) -> bool:
        if after:
            exchange.pass_on()
        else:
            exchange.body()
        given = {"Content_Length": str(len(body)), **headers}
        lines = [f"HTTP/1.1 {status} Odd", *(f"{key.replace('_', '-')}: {given[key]}" for key in given)]
        exchange.send("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
        return True

    return fault


def replaced(
    body: bytes | Callable[[bytes], bytes],
    length: int | None = None,
    *,
    names_job: bool = False,
    **headers: str,
) -> Fault:
    """Let the scheduler do what is asked, and answer with its status and another body.

    Args:
        body: The body, or what makes it of the scheduler's.
        length: How many bytes more, or fewer, are announced than there are; None for the right length.
        names_job: Whether the header that names the job comes through.
        headers: Further headers; underscores stand for hyphens.
    """

    def fault(exchange: Exchange) -> bool:
        head, _, given = exchange.pass_on().partition(b"\r\n\r\n")
        content = body(given) if callable(body) else body
        dropped = rb"content-length|transfer-encoding|content-type" + (b"" if names_job else b"|x-job-id")
        kept = [line for line in head.split(b"\r\n") if not re.match(rb"(?i)(%b):" % dropped, line)]
        if "Content_Length" not in headers:
            kept.append(b"Content-Length: %d" % (len(content) + (length or 0)))
        kept += [f"{key.replace('_', '-')}: {text}".encode("latin-1") for key, text in headers.items()]
        exchange.send(b"\r\n".join([*kept, b"", b""]) + content)
        return (length or 0) <= 0 and "Content_Length" not in headers

    return fault


@cache
def bomb() -> bytes:
    """32 MB of zeros in 32 kB."""
    return gzip.compress(bytes(32_000_000), 9)
