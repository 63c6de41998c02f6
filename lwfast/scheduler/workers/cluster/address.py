"""The address of a cluster, as it is given to `lwfast serve --executor`."""

from __future__ import annotations

from urllib.parse import urlsplit

from lwfast.scheduler.faults import ConfigError

SCHEMES = {"dask": "tcp", "dask+tls": "tls"}
"""What dask calls the protocols that ours stand for."""


def dask_address(executor: str) -> str:
    """Return the address of a dask scheduler in dask's own form, `tcp://HOST:PORT` or `tls://HOST:PORT`.

    Args:
        executor: `dask://HOST:PORT`, or `dask+tls://HOST:PORT` for an encrypted cluster.

    Raises:
        ConfigError: It is something else.
    """
    try:
        parts = urlsplit(executor)
        host, port = parts.hostname, parts.port
    except ValueError:  # brackets that do not match, or a port out of range
        host = port = None
    else:
        if parts.netloc.rpartition("@")[1] or parts.path.strip("/") or parts.query or parts.fragment:
            host = None
    if host is None or not port or parts.scheme not in SCHEMES:
        raise ConfigError(
            f"--executor should be dask://HOST:PORT, or dask+tls://HOST:PORT for an encrypted cluster, "
            f"got {executor[:200]!r}."
        )
    shown = f"[{host}]" if ":" in host else host
    return f"{SCHEMES[parts.scheme]}://{shown}:{port}"
