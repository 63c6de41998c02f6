"""Taking turns between threads that read the store and the thread that commits to it.

SQLite lets nobody read while a commit changes its file, and has whoever is locked out sleep and try again,
for longer and longer. Between commits in quick succession readers can try for seconds, and so can the writer
between readers. Inside of one process they can take turns instead: a commit waits for those who read, those
who come later wait for the commit, and then it is their turn.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator


class Gate:
    """Lets many read at once, or one commit."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._reading = 0
        self._commits = 0
        """Those that wait and the one that has begun."""
        self._has_begun = False
        self._ended = 0
        self._waiting = 0
        self._due = 0
        """Readers whose turn it is: they waited when a commit ended, and have not begun yet."""

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """Read for as long as the block runs; waits for one commit, if one has begun or waits itself."""
        with self._changed:
            if self._commits:
                ended = self._ended
                self._waiting += 1
                self._changed.wait_for(lambda: self._ended > ended and not self._has_begun)
                self._due -= 1
                self._changed.notify_all()
            self._reading += 1
        try:
            yield
        finally:
            with self._changed:
                self._reading -= 1
                self._changed.notify_all()

    @contextlib.contextmanager
    def reading_now(self) -> Iterator[bool]:
        """Read for as long as the block runs, unless a commit has begun or waits; yields whether it may."""
        with self._changed:
            may_read = not self._commits
            self._reading += may_read
        try:
            yield may_read
        finally:
            with self._changed:
                self._reading -= may_read
                self._changed.notify_all()

    @contextlib.contextmanager
    def committing(self) -> Iterator[None]:
        """Commit for as long as the block runs; waits for those who read and those whose turn it is."""
        with self._changed:
            self._commits += 1
            self._changed.wait_for(lambda: not (self._reading or self._due or self._has_begun))
            self._has_begun = True
        try:
            yield
        finally:
            with self._changed:
                self._commits -= 1
                self._ended += 1
                self._due, self._waiting = self._due + self._waiting, 0
                self._has_begun = False
                self._changed.notify_all()
