"""A connection to one scheduler: settings, transport and calls, and what is remembered of what it said."""

from __future__ import annotations

import threading
import time
from typing import Any, Protocol
from weakref import WeakSet

from lwfast.remote.configuration import client_settings as settings
from lwfast.remote.configuration.chosen import chosen
from lwfast.remote.configuration.persistence import check_token
from lwfast.remote.configuration.secret import hidden
from lwfast.remote.connection.endpoints import Endpoints
from lwfast.remote.connection.timeouts import check_timeout, timeouts_of
from lwfast.remote.connection.transport import Transport
from lwfast.remote.tracked import Tracked
from lwfast.wire import ArtemisQPU

QPU_CACHE_SECONDS = 30.0


class Connected(Protocol):
    """What has a connection: a client, a QPU, a job, and a connection itself."""

    @property
    def _connection(self) -> Connection:
        """Where requests go."""


def connection_of(holder: Connected) -> Connection:
    """Return the connection that requests of a client, a QPU or a job use.

    Args:
        holder: A client, QPU or job, or a connection itself.

    Raises:
        JobError: If the default client, which a job without one of its own uses, is one of another scheduler.
    """
    return holder._connection  # noqa: SLF001


class Connection:
    """What a client, its QPUs and its jobs share; threads may, too.

    The arguments, and what they raise, are those of `Client`, which says what they mean.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        certificate: str | None = None,
        profile: str | None = None,
        timeout: float | tuple[float, float] | None = None,
        *,
        allow_insecure: bool = False,
        compile_timeout: float = 600.0,
        outage_seconds: float = 300.0,
        adapter: Any = None,
    ) -> None:
        token = hidden(token)
        self._arguments = {
            "url": None if url is None else settings.normalise_url(url, allow_insecure=allow_insecure),
            "token_": None if token is None else check_token(token),
            "certificate": None if certificate is None else str(certificate),
            "profile": profile,
            "allow_insecure": allow_insecure,
        }
        self._timeouts = timeouts_of(timeout)
        self._adapter = adapter
        self.compile_timeout = check_timeout(compile_timeout, "compile_timeout", instead="")
        self.outage_seconds = check_timeout(outage_seconds, "outage_seconds", instead="")
        self._lock = threading.RLock()
        self._endpoints: Endpoints | None = None
        self._generation = -1
        self._qpu_ids: dict[str, int | str] = {}
        self._qpus: dict[str, tuple[float, ArtemisQPU, Endpoints]] = {}
        self._open: WeakSet[Tracked] = WeakSet()

    # --- where it leads -----------------------------------------------------------------------------

    @property
    def _connection(self) -> Connection:
        return self

    @property
    def api(self) -> Endpoints:
        """The calls, on a transport by the present settings."""
        endpoints = self._endpoints
        if endpoints is not None and self._generation == chosen.generation:
            return endpoints
        with self._lock:
            if self._endpoints is None or self._generation != chosen.generation:
                generation = chosen.generation
                found = settings.resolve(**self._arguments)  # type: ignore[arg-type]
                if self._endpoints is None or self._endpoints.transport.settings != found:
                    self._endpoints = Endpoints(Transport(found, self._timeouts, self._adapter))
                    self._qpu_ids, self._qpus = {}, {}
                    self._open.clear()  # they are jobs of another scheduler, or of another owner
                self._generation = generation
            return self._endpoints

    @property
    def url(self) -> str:
        """The base URL in use."""
        return self.api.transport.settings.url

    @property
    def require_online(self) -> bool | None:
        """Whether a QPU must be online to submit, by profile or saved setting; None if neither says."""
        profile = self._arguments["profile"]
        return settings.resolve_require_online(profile if isinstance(profile, str) else None)[0]

    def described(self) -> str:
        """Return what may be shown of the arguments, and the URL where it is known."""
        # In one that could not be made, neither is there yet.
        arguments, endpoints = vars(self).get("_arguments", {}), vars(self).get("_endpoints")
        url, profile = arguments.get("url"), arguments.get("profile")
        if url is None and endpoints is not None:
            url = endpoints.transport.settings.url
        return ", ".join(f"{key}={value!r}" for key, value in (("url", url), ("profile", profile)) if value)

    def close(self) -> None:
        """Close all connections; the next request opens new ones."""
        with self._lock:
            if self._endpoints is not None:
                self._endpoints.transport.close()

    def __repr__(self) -> str:
        return f"<connection of a client: {self.described()}>"

    def __copy__(self) -> Connection:
        return self  # a copy of a job is a job of the same client

    def __deepcopy__(self, memo: dict[int, Any]) -> Connection:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        # The token stays behind: the other process finds one as any new client does.
        shown = {key: value for key, value in self._arguments.items() if key != "token_"}
        extra = {"compile_timeout": self.compile_timeout, "outage_seconds": self.outage_seconds}
        timeouts = (self._timeouts.connect, self._timeouts.read)
        return (_rebuild, ({**shown, **extra, "timeout": timeouts},))

    # --- open jobs ----------------------------------------------------------------------------------

    def remember_open(self, job: Tracked) -> None:
        """Remember a job that was submitted here, for as long as somebody holds it."""
        with self._lock:
            self.api  # noqa: B018  (which forgets those of other settings)
            self._open.add(job)

    def open_jobs(self) -> list[Tracked]:
        """Return the jobs submitted to the present scheduler that are not known to be complete."""
        with self._lock:
            self.api  # noqa: B018  (as above)
            for job in list(self._open):
                if job.final is not None:
                    self._open.discard(job)
            return list(self._open)

    def forget_open_jobs(self) -> None:
        """Remember no job any more."""
        with self._lock:
            self._open.clear()

    # --- QPUs ---------------------------------------------------------------------------------------

    @property
    def known_qpus(self) -> list[str]:
        """The names of the QPUs that were listed last."""
        return list(self._qpu_ids)

    def known_qpu(self, name: str) -> ArtemisQPU | None:
        """Return the details of a QPU that were asked for last, whenever that was, or None."""
        known = self._qpus.get(name)
        return None if known is None else known[1]

    def list_qpus(self) -> list[str]:
        """Ask for the names of all QPUs."""
        ids = self._qpu_ids = {item.name: item.id for item in self.api.qpus()}
        return list(ids)

    def qpu_details(self, name: str) -> ArtemisQPU:
        """Ask for the limits of a QPU and whether it is online.

        Raises:
            ValueError: There is no QPU of this name; lists those there are.
        """
        api = self.api
        ids = self._qpu_ids
        details = api.qpu(ids[name]) if name in ids else None
        if details is None:
            ids = self._qpu_ids = {item.name: item.id for item in api.qpus()}
            details = api.qpu(ids[name]) if name in ids else None
        if details is None:
            raise ValueError(f"QPU with name {name!r} not found; there are: {', '.join(ids) or 'none'}.")
        self._qpus[name] = (time.monotonic(), details, api)
        return details

    def recent_qpu_details(self, name: str) -> ArtemisQPU:
        """Return details that are at most `QPU_CACHE_SECONDS` old: limits hardly ever change."""
        known = self._qpus.get(name)
        # Details of another connection are those of another scheduler.
        if known is not None and known[2] is self.api and time.monotonic() - known[0] < QPU_CACHE_SECONDS:
            return known[1]
        return self.qpu_details(name)


def _rebuild(arguments: dict[str, Any]) -> Connection:
    return Connection(**arguments)
