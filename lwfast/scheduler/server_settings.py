"""How one scheduler is set up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lwfast._base.files.user_folder import own_folder
from lwfast._base.limits import MIB
from lwfast._base.memory import allowed_memory
from lwfast._base.parallel import available_cores
from lwfast.scheduler.faults import ConfigError
from lwfast.scheduler.qpus import QPUConfig, load_qpus
from lwfast.wire import BATCH_BYTES

MOST_REMOTE = 256
"""Jobs at once on a cluster where nobody says how many: each is a payload in memory, and a result to come."""
STORE_FILE = "scheduler.sqlite3"
TOKEN_FILE = "token"  # noqa: S105  (a file's name)


def default_data_dir() -> Path:
    """Name the folder of the scheduler's store where none is given: `scheduler` in lwfast's data folder.

    Raises:
        ConfigError: This user has no home folder; or `LWFAST_CONFIG_DIR` names a folder without a store, and
            there is one where it would be without that variable.
    """
    import platformdirs

    folder = own_folder() / "scheduler"
    if folder.parts[0].startswith("~"):  # that would be a folder of whatever the working folder is
        raise ConfigError("This user has no home folder: name a data folder with --data-dir.")
    folder = folder.absolute()
    usual = Path(platformdirs.user_data_dir("lwfast", appauthor=False)) / "scheduler"
    if folder != usual and (usual / STORE_FILE).exists() and not (folder / STORE_FILE).exists():
        raise ConfigError(
            "LWFAST_CONFIG_DIR names another folder than the one that holds your queue: go on with that one "
            f"by --data-dir {usual}, or begin a new one by --data-dir {folder}."
        )
    return folder


def default_workers() -> int:
    """One worker a core, less one for the server."""
    return max(1, available_cores() - 1)


def default_memory() -> int:
    """Return the bytes that are allowed for all jobs together.

    Raises:
        ConfigError: `LWFAST_MAX_MEMORY` is not a positive number of bytes.
    """
    try:
        return allowed_memory()
    except ValueError as error:
        raise ConfigError(str(error)) from None


@dataclass(frozen=True, kw_only=True)
class ServerSettings:
    """What `lwfast serve` was asked for.

    Attributes:
        data_dir: Folder of the store, the results and the token; made with mode 0700.
        token: What requests have to show; None makes or reads the one in the data folder.
        qpus: The QPUs by name.
        workers: Number of worker processes, or most jobs at once on a cluster; None for one process a core,
            less one for the server, or for as many jobs as the cluster has threads, up to `MOST_REMOTE`.
        executor: Cluster that runs the jobs in place of worker processes, as `dask://HOST:PORT` or
            `dask+tls://HOST:PORT`; None for processes.
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one.
        certfile: PEM file of the certificate for https; None for plain http.
        keyfile: PEM file of its key; None where that stands in `certfile`.
        access_log: File for a line of JSON about each request, or `-` for standard error; None for none.
        pace: Whose time jobs take, a key of `lwfast.scheduler.qpus.PACES`; None for as fast as they can be
            computed.
        names: Names that requests may use for this host, besides `localhost`, addresses and its own.
        body_limit: Largest body of a request for one job, in bytes.
        batch_limit: Largest body of a batch.
        body_seconds: Longest that a body may take to arrive.
        memory_bytes: Most memory that the jobs of all workers may take together.
        keep_days: How many days after its end a job is removed, with its result and its key; None keeps all.
        recover: Whether to set a damaged store aside and keep what can be read of it, rather than refuse it.
        runner: What runs a job in a worker, as `module:function` with the signature of `run_raw`.
    """

    data_dir: Path
    token: str | None = field(default=None, repr=False)
    qpus: Mapping[str, QPUConfig] = field(default_factory=load_qpus)
    workers: int | None = None
    executor: str | None = None
    host: str = "127.0.0.1"
    port: int = 8765
    pace: str | None = None
    names: tuple[str, ...] = ()
    certfile: Path | None = None
    keyfile: Path | None = None
    access_log: str | None = None
    body_limit: int = 8 * MIB
    batch_limit: int = BATCH_BYTES
    body_seconds: float = 30.0
    memory_bytes: int = field(default_factory=default_memory)
    keep_days: float | None = None
    recover: bool = False
    runner: str = "lwfast.emulator.raw:run_raw"

    @property
    def n_workers(self) -> int:
        """How many jobs may run at once."""
        if self.workers is not None:
            return self.workers
        return default_workers() if self.executor is None else MOST_REMOTE

    @property
    def token_file(self) -> Path | None:
        """The file that holds the token; None where the token was given, and is in no file."""
        return None if self.token else self.data_dir / TOKEN_FILE

    @property
    def results_dir(self) -> Path:
        """Where results lie that are too large for the store."""
        return self.data_dir / "results"
