"""What means this machine."""

from __future__ import annotations

import pytest

from lwfast.wire.loopback import is_loopback


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST", "Localhost.", "127.0.0.1", "127.8.9.10", "::1", "::1%lo"]
)
def test_this_machine(host):
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["", ".", "0.0.0.0", "::", "localhost.example", "127.0.0.1.example", "10.0.0.1", "fe80::1%lo"],
)
def test_other_machines(host):
    assert not is_loopback(host)
