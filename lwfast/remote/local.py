"""A scheduler of one's own: `lwfast serve` as a child process, and a client that points at it."""

from __future__ import annotations

import importlib.util
import json
import os
import queue
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from typing import IO, Any, Literal

from lwfast.errors import LightworksDependencyError, LightworksRemoteError
from lwfast.remote.client import Client
from lwfast.remote.configuration import intents
from lwfast.remote.connection.connection import connection_of
from lwfast.remote.connection.default import put_in_place, take_away
from lwfast.remote.connection.timeouts import check_timeout
from lwfast.remote.qpu import QPU
from lwfast.wire.loopback import OWN_FOLDER, OWN_LOG, SERVE_TOKEN_VARIABLE

OUTAGE_SECONDS = 30.0
"""A scheduler of one's own that does not answer for so long does not come back."""
STOP_SECONDS = 8.0
TERMINATE_SECONDS = 3.0
LOG_TAIL_BYTES = 4000


def local_scheduler(
    *,
    data_dir: str | PathLike[str] | None = None,
    config: str | PathLike[str] | None = None,
    workers: int | None = None,
    port: int = 0,
    startup_seconds: float = 60.0,
    pace: Literal["artemis"] | None = None,
    executor: str | None = None,
) -> LocalScheduler:
    """Run a scheduler on loopback while a `with` block lasts; the functions of `lwfast.remote` then use it.

    Args:
        data_dir: Folder of its queue and results; by default None, for a temporary one that is deleted at the
            end.
        config: TOML file that describes its QPUs; by default None, for one QPU like Artemis.
        workers: Number of worker processes, or on a cluster the most jobs that run at once; by default None,
            which lets the scheduler choose.
        port: Port to listen on; by default 0, for a free one.
        startup_seconds: Most seconds to wait until the scheduler is ready.
        pace: "artemis" lets each job take the time that a device takes, one job after another: set-up and
            shots, as the file of the QPUs says, or else round numbers for Artemis. By default None: jobs run
            as fast as this machine computes them.
        executor: Cluster of dask.distributed that runs the jobs, as `dask://HOST:PORT`, or
            `dask+tls://HOST:PORT` for an encrypted one. By default None: worker processes on this machine.

    Returns:
        The scheduler, to be used in `with`, or with `start` and `stop`.

    Raises:
        ValueError: The pace is not one of these.
        LightworksRemoteError: From `start`: it did not start; shows the end of its log.
        LightworksDependencyError: From `start`: the extra `server` is not installed, or `distributed` for an
            executor.

    Example:
        >>> task = lw.Sampler(lw.Unitary(lw.random_unitary(4, seed=1)), lw.State([1, 1, 0, 0]), 100)
        >>> with remote.local_scheduler():
        ...     job = remote.QPU("Artemis").run(task)
        ...     print(job.result(timeout=60).n_samples)
        100
    """
    return LocalScheduler(data_dir, config, workers, port, startup_seconds, pace, executor)


class LocalScheduler:
    """A scheduler that runs as a child process; see `local_scheduler`.

    It ends with the `with` block, with `stop`, or with this process, whatever happens to it.

    Attributes:
        url: Base URL of its API; None while it does not run.
        dashboard: URL of its dashboard, with the token behind `#`, which no browser sends; None while it does
            not run.
        token: The access token that it takes.
        pid: Process id; None while it does not run.

    Example:
        >>> with remote.local_scheduler() as local:
        ...     print(local.qpu("Artemis").details.name)
        Artemis
    """

    def __init__(
        self,
        data_dir: str | PathLike[str] | None,
        config: str | PathLike[str] | None,
        workers: int | None,
        port: int,
        startup_seconds: float,
        pace: Literal["artemis"] | None,
        executor: str | None = None,
    ) -> None:
        self.token = secrets.token_urlsafe(24)
        self.url: str | None = None
        self.dashboard: str | None = None
        self.pid: int | None = None
        self._data_dir = None if data_dir is None else Path(data_dir)
        self._options = _options(config, workers, port, pace, executor)
        self._startup_seconds = check_timeout(startup_seconds, "startup_seconds", instead="")
        self._own_folder: Path | None = None
        self._child: subprocess.Popen[str] | None = None
        self._client: Client | None = None
        self._log: IO[bytes] | None = None
        self._started = datetime.now(UTC)
        self._lock = threading.Lock()

    # --- what a user does ---------------------------------------------------------------------------

    @property
    def client(self) -> Client:
        """A client of this scheduler.

        Raises:
            LightworksRemoteError: It does not run.
        """
        if self._client is None:
            raise LightworksRemoteError("This scheduler does not run; use it in `with`, or call start().")
        return self._client

    def qpu(self, name: str = "Artemis") -> QPU:
        """Return a QPU of this scheduler."""
        return self.client.qpu(name)

    def log(self) -> str:
        """Return the end of what the scheduler wrote to its log."""
        if self._log is None:
            return ""
        with suppress(OSError, ValueError):
            size = os.fstat(self._log.fileno()).st_size
            offset = max(0, size - LOG_TAIL_BYTES)
            with Path(self._log.name).open("rb") as file:
                file.seek(offset)
                return file.read().decode("utf-8", "replace").replace(self.token, "[token]")
        return ""

    def start(self) -> LocalScheduler:
        """Start the scheduler, and let the functions of `lwfast.remote` use it.

        Raises:
            LightworksRemoteError: It did not start; shows the end of its log.
        """
        with self._lock:
            if self._child is not None:
                raise LightworksRemoteError("This scheduler runs already.")
            try:
                self._start()
            except BaseException:
                self._stop()
                raise
        return self

    def stop(self) -> None:
        """End the scheduler; the functions of `lwfast.remote` use what they used before."""
        with self._lock:
            self._stop()

    def __enter__(self) -> LocalScheduler:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"lwfast.remote.LocalScheduler({self.url or 'not running'})"

    # --- the child ----------------------------------------------------------------------------------

    def _start(self) -> None:
        needed: dict[str, tuple[str, ...]] = {"server": ("starlette", "uvicorn", "jinja2")}
        if "--executor" in self._options:
            needed["distributed"] = ("dask", "distributed")
        lacking = {
            extra: missing
            for extra, names in needed.items()
            if (missing := [name for name in names if importlib.util.find_spec(name) is None])
        }
        if lacking:
            missing = [name for names in lacking.values() for name in names]
            raise LightworksDependencyError(
                f"A local scheduler needs {' and '.join(missing)}; install with: "
                f"python -m pip install {' '.join(missing)} (the extra lwfast[{','.join(lacking)}])."
            )
        try:
            self._own_folder = Path(tempfile.mkdtemp(prefix=OWN_FOLDER))
            self._log = (self._own_folder / OWN_LOG).open("wb")
        except OSError as error:
            raise LightworksRemoteError(
                "A local scheduler keeps its log, and its data where no data_dir is given, in a temporary "
                f"folder, and none can be made ({error.strerror or error}). Set the environment variable "
                "TMPDIR to a folder that can be written, before this process starts."
            ) from error
        self._started = datetime.now(UTC)
        data_dir = self._data_dir or self._own_folder / "data"
        command = [sys.executable, "-P", "-m", "lwfast", "serve", "--host", "127.0.0.1"]
        command += ["--data-dir", str(data_dir), "--announce", "json", "--exit-with-parent", *self._options]
        try:
            self._child = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,  # its end is how the child notices that this process is gone
                stdout=subprocess.PIPE,
                stderr=self._log,
                text=True,
                env=_environment(self.token),
                # Ctrl-C in a terminal goes to the whole group; the child shall end when this process says so.
                start_new_session=os.name == "posix",
            )
        except OSError as error:  # no more processes are allowed, say
            raise self._failure(f"could not be started ({error})") from error
        assert self._child.stdin is not None  # noqa: S101  (opened as a pipe)
        with suppress(OSError):  # it has ended already, as is found below
            # So that the folder goes also where this process ends without `stop`, or is killed.
            os.write(self._child.stdin.fileno(), os.fsencode(self._own_folder) + b"\n")
        facts = self._wait_until_ready(self._child)
        self.url, self.dashboard, self.pid = (
            facts["url"],
            f"{facts.get('dashboard', facts['url'])}#token={self.token}",
            self._child.pid,
        )
        self._client = Client(url=self.url, token=self.token, outage_seconds=OUTAGE_SECONDS)
        put_in_place(connection_of(self._client))

    def _wait_until_ready(self, child: subprocess.Popen[str]) -> dict[str, Any]:
        """Read the line that says where the scheduler listens."""
        lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=_read_lines, args=(child.stdout, lines), daemon=True).start()
        give_up = time.monotonic() + self._startup_seconds
        while True:
            try:
                line = lines.get(timeout=max(0.01, give_up - time.monotonic()))
            except queue.Empty:
                raise self._failure(f"was not ready within {self._startup_seconds:g} s") from None
            if not line:
                with suppress(subprocess.TimeoutExpired):
                    child.wait(timeout=TERMINATE_SECONDS)
                raise self._failure(f"ended at once, with exit code {child.returncode}")
            try:
                facts = json.loads(line)
            except ValueError:
                continue  # something that a library printed
            if isinstance(facts, dict) and isinstance(facts.get("url"), str):
                return facts

    def _failure(self, what: str) -> LightworksRemoteError:
        log = self.log().strip()
        return LightworksRemoteError(
            f"The local scheduler {what}." + (f" The end of its log:\n{log}" if log else " Its log is empty.")
        )

    def _stop(self) -> None:
        if self._client is not None:
            take_away(connection_of(self._client))
            self._client.close()
        child, self._child = self._child, None
        url = self.url
        self._client = self.url = self.dashboard = self.pid = None
        if child is not None:
            _end(child)
        if self._log is not None:
            self._log.close()
            self._log = None
        if self._own_folder is not None:
            shutil.rmtree(self._own_folder, ignore_errors=True)
            self._own_folder = None
        if url is not None and self._data_dir is None:
            intents.drop_all(url, self._started)  # its jobs are gone too


def _options(config: Any, workers: Any, port: Any, pace: Any, executor: Any) -> list[str]:
    options = ["--port", str(int(port))]
    if config is not None:
        options += ["--config", os.fspath(config)]
    if workers is not None:
        options += ["--workers", str(int(workers))]
    if executor is not None:
        options += ["--executor", str(executor)]
    if pace is not None:
        if pace != "artemis":
            raise ValueError(f'pace should be "artemis" or None, got {pace!r}.')
        options += ["--pace", pace]
    return options


def _environment(token: str) -> dict[str, str]:
    """The child's environment: the token, and the way to this very lwfast."""
    environment = dict(os.environ)
    environment[SERVE_TOKEN_VARIABLE] = token
    for name in ("LWFAST_TOKEN", "LWFAST_URL"):
        environment.pop(name, None)
    home = Path(__file__).resolve().parents[2]
    if home.name not in {"site-packages", "dist-packages"}:
        # A checkout: the child, which does not look into the working folder, would not find it.
        paths = [str(home), environment.get("PYTHONPATH", "")]
        environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    return environment


def _read_lines(stream: IO[str] | None, lines: queue.SimpleQueue[str]) -> None:
    """Pass on what the child prints, then an empty string; reading on keeps its pipe from filling up."""
    with suppress(OSError, ValueError):
        for line in stream or ():
            lines.put(line)
    lines.put("")


def _end(child: subprocess.Popen[str]) -> None:
    """Let the child end by closing its input; then ask; then kill it with all that it started."""
    with suppress(OSError):
        if child.stdin is not None:
            child.stdin.close()
    for seconds, action in ((STOP_SECONDS, child.terminate), (TERMINATE_SECONDS, None)):
        try:
            child.wait(timeout=seconds)
            break
        except subprocess.TimeoutExpired:
            if action is not None:
                action()
    else:
        _kill(child)
    with suppress(OSError, ValueError):
        if child.stdout is not None:
            child.stdout.close()


def _kill(child: subprocess.Popen[str]) -> None:
    with suppress(OSError):
        if os.name == "posix":
            os.killpg(child.pid, signal.SIGKILL)  # it leads a session of its own
        else:
            child.kill()
    child.wait()
