"""A worker process on a machine of the cluster: the same as beside the scheduler, asked by a thread.

A process of its own can be ended when its job is cancelled, which a thread of dask cannot; and where memory
runs out, it goes and the dask worker stays.
"""

from __future__ import annotations

import contextlib
import queue
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

from lwfast.scheduler.workers import workers
from lwfast.scheduler.workers.cluster.cluster_faults import LostError, UnwantedError
from lwfast.scheduler.workers.frames import Alive, Answer, Ready, Unable, decode_answer, read_frame

LOOK_SECONDS = 0.2
"""Between two looks whether the job is still wanted."""


class Child:
    """A worker process.

    Args:
        folder: Where it writes large results.
        runner: What runs a job, as `module:function`.

    Raises:
        OSError: It cannot be started.

    Attributes:
        folder: Folder where it writes large results.
        runner: The function that runs jobs, as in the arguments.
        seconds: How long it took to get ready.
    """

    def __init__(self, folder: Path, runner: str) -> None:
        self.folder = folder
        self.runner = runner
        self.seconds = 0.0
        self._process = subprocess.Popen(
            workers.command_of(folder, runner),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=workers.environment(),
        )
        self._answers: queue.SimpleQueue[Answer | None] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def has_ended(self) -> bool:
        """Whether the process has ended."""
        return self._process.poll() is not None

    def wait_until_ready(self, is_wanted: Callable[[], bool]) -> None:
        """Wait until it has its kernels.

        Raises:
            LostError: It cannot get ready.
            UnwantedError: `is_wanted` said no.
        """
        answer = self.answer(is_wanted, workers.READY_SECONDS)
        if isinstance(answer, Unable):
            raise LostError.of(f"cannot get ready ({answer.reason})")
        assert isinstance(answer, Ready)  # noqa: S101  (it has no job yet)
        self.seconds = answer.seconds

    def send(self, frame: bytes) -> None:
        """Send a packed order, from a thread of its own: a process that stands still reads nothing."""
        threading.Thread(target=self._write, args=(frame,), daemon=True).start()

    def answer(self, is_wanted: Callable[[], bool], within: float | None = None) -> Answer:
        """Wait for what it says next, besides that it is alive.

        Args:
            is_wanted: Asked five times a second.
            within: Seconds that it may take; None for any time, as long as the process gives signs of life.

        Raises:
            LostError: It ended, or gave no sign of life for too long.
            UnwantedError: `is_wanted` said no.
        """
        looks = silent = 0
        while True:
            # Looks are counted and not seconds, for this process may stand still, too.
            try:
                answer = self._answers.get(timeout=LOOK_SECONDS)
            except queue.Empty:
                looks += 1
                silent += 1
            else:
                silent = 0
                if answer is None:
                    raise LostError.of(f"ended with {workers.ending(self._process.wait())}")
                if not isinstance(answer, Alive):
                    return answer
            if not is_wanted():
                raise UnwantedError
            if silent * LOOK_SECONDS >= workers.SILENCE_SECONDS:
                raise LostError.of(f"gave no sign of life for {workers.SILENCE_SECONDS:g} s and was ended")
            if within is not None and looks * LOOK_SECONDS >= within:
                raise LostError.of(f"was not ready after {within:g} s and was ended")

    def end(self) -> None:
        """End the process, whatever it does."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError, ValueError):
                    stream.close()

    def _listen(self) -> None:
        assert self._process.stdout is not None  # noqa: S101  (opened as a pipe)
        with contextlib.suppress(OSError, ValueError):  # `end` closes what is read
            while (body := read_frame(self._process.stdout)) is not None:
                self._answers.put(decode_answer(body))
        self._answers.put(None)

    def _write(self, frame: bytes) -> None:
        assert self._process.stdin is not None  # noqa: S101  (opened as a pipe)
        with contextlib.suppress(OSError, ValueError):  # it has ended, which `answer` notices
            self._process.stdin.write(frame)
            self._process.stdin.flush()
