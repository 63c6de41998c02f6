"""How a scheduler that runs on this machine is found by the commands of the same user.

`lwfast serve` writes an `Announcement` into the user's data folder, readable by that user alone, and removes
it when it ends. After a crash the file stays, and another program may listen at the address by then. So
whoever reads the file asks the address first, and sends a random challenge along. Only the scheduler that
wrote the file knows its key, and can answer with `proof_of(key, challenge)`. No token is sent before that.

An announcement holds for the machine that wrote it. Where machines or containers share a home folder, the
same address leads to another program on each, which could pass a challenge on; so others leave it alone.

The address holds a number such as 127.0.0.1, never a name: a name may lead to two programs, of which one
could pass the other's answer on.
"""

from __future__ import annotations

import hashlib
import hmac
import platform
import uuid
from pathlib import Path

import msgspec

FOLDER = "running"
"""Below the user's data folder; each scheduler has a file of its own there, with a random name."""
IDENTITY_PATH = "/identity"
"""Where the challenge is sent, as `?challenge=`; asked without a token."""
CHALLENGE_DIGITS = 64
"""Of a challenge and of a proof, hexadecimal and lower case."""


class Announcement(msgspec.Struct, frozen=True, kw_only=True):
    """What a scheduler says of itself to its user.

    Attributes:
        url: Root of the scheduler, ending in a slash; its API is below, at `api/`.
        key: What it answers challenges with; known to this file and the scheduler only.
        pid: Process id of the scheduler.
        started: Since when it runs, ISO 8601 in UTC.
        machine: Where it runs, as `this_machine` says it there.
        token_file: The file that holds its token; None where the token was given to it, and is in no file.
    """

    url: str
    key: str
    pid: int
    started: str
    machine: str = ""
    token_file: str | None = None

    def __repr__(self) -> str:
        return f"Announcement(url={self.url!r}, pid={self.pid}, started={self.started!r})"


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Answer to a challenge."""

    proof: str


def this_machine() -> str:
    """Return what tells this machine, its present run and its network from others, as hexadecimal digits."""
    parts = [platform.node(), f"{uuid.getnode():x}"]
    try:
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii"))
        # Containers have loopback addresses of their own.
        parts.append(str(Path("/proc/self/ns/net").stat().st_ino))
    except OSError:  # not Linux
        pass
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def proof_of(key: str, challenge: str) -> str:
    """Return the answer that shows who knows `key`, as hexadecimal digits."""
    return hmac.new(key.encode(), f"lwfast scheduler {challenge}".encode(), hashlib.sha256).hexdigest()


def is_challenge(text: str) -> bool:
    """Say whether a text has the form of a challenge."""
    return len(text) == CHALLENGE_DIGITS and not set(text) - set("0123456789abcdef")
