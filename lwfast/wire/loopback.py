"""What client, scheduler and command line have to agree on about a scheduler on this machine."""

from __future__ import annotations

SERVE_TOKEN_VARIABLE = "LWFAST_SERVE_TOKEN"  # noqa: S105  (a variable's name)
"""Environment variable with the token that `lwfast serve` takes."""
OWN_FOLDER = "lwfast-"
"""How the name begins of the temporary folder that a program makes for a scheduler of its own."""
OWN_LOG = "scheduler.log"
"""Name of the log in that folder."""


def is_loopback(host: str) -> bool:
    """Say whether a host name or address means this machine."""
    if host.lower().rstrip(".") == "localhost":
        return True
    import ipaddress

    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False
