"""Making connections: what fails there has types of its own, because nothing was sent by then."""

from __future__ import annotations

from functools import cache
from typing import Any

from requests.adapters import HTTPAdapter


class NoConnectionError(OSError):
    """A connection could not be made, or not be trusted; the cause says why."""


class CertificateFileError(OSError):
    """The file or folder that certificates are to be checked against does not exist."""


class Adapter(HTTPAdapter):
    """The adapter of requests, on connections that raise `NoConnectionError`.

    Any other exception of a request comes from sending it, or from what came back.
    """

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the manager of direct connections."""
        super().init_poolmanager(*args, **kwargs)
        _let_tell(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Return the manager of connections through a proxy."""
        known = proxy in self.proxy_manager
        manager = super().proxy_manager_for(proxy, **kwargs)
        if not known:
            _let_tell(manager)
        return manager

    def cert_verify(self, *args: Any, **kwargs: Any) -> None:
        """Look for the file of certificates.

        Raises:
            CertificateFileError: There is none.
        """
        try:
            super().cert_verify(*args, **kwargs)  # type: ignore[no-untyped-call]
        except OSError as error:
            raise CertificateFileError(str(error)) from error


class _Telling:
    """What goes before the `connect` of a connection of urllib3."""

    def connect(self) -> None:
        """Connect.

        Raises:
            NoConnectionError: That failed, whatever was raised.
        """
        try:
            super().connect()  # type: ignore[misc]  # of the connection that this is mixed into
        except Exception as error:
            raise NoConnectionError("No connection was made.") from error


def _let_tell(manager: Any) -> None:
    """Let a pool manager of urllib3, plain or of a proxy, make connections that tell."""
    manager.pool_classes_by_scheme = {
        scheme: _telling(pool) for scheme, pool in manager.pool_classes_by_scheme.items()
    }


@cache
def _telling(pool: Any) -> Any:
    connection = type("TellingConnection", (_Telling, pool.ConnectionCls), {})
    return type("TellingPool", (pool,), {"ConnectionCls": connection})
