"""Tasks and payloads for the tests of the client."""

from __future__ import annotations

from typing import Any

import lwfast as lw


def sampler(seed: int = 1, **changes: Any) -> lw.Sampler:
    """A small job: 4 modes, 1 photon, 100 samples."""
    arguments: dict[str, Any] = {
        "circuit": lw.Unitary(lw.random_unitary(4, seed=seed)),
        "input_state": lw.State([1, 0, 0, 0]),
        "n_samples": 100,
    }
    return lw.Sampler(**(arguments | changes))


def batch(n_tasks: int = 3) -> lw.Batch:
    """Several small jobs."""
    made = lw.Batch()
    for seed in range(n_tasks):
        made.add(sampler(seed))
    return made


PEM = """\
-----BEGIN CERTIFICATE-----
MIIBfzCCASWgAwIBAgIUS3BH+nGQ8EWlmekE7KFbcna+sc0wCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMjE4MjQxNVoYDzIxMjYxMDI5
MTgyNDE1WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARXHE4H2Wa6SLEOBCzMLbea2VTC0n4yHihLAHKkGwvjI9aBRjnfVcWb
KbFOo3fyVZJyXuUmNNBRChpcYDeTHqumo1MwUTAdBgNVHQ4EFgQUPq/hmr++jwlB
6qTgAPlkzYUpmHgwHwYDVR0jBBgwFoAUPq/hmr++jwlB6qTgAPlkzYUpmHgwDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEA5jDVhb2NGCJychNmCGYG
TzkaLa3QjJkoaJTMrbnSeBECIHDT7GkwL1qxVj/UokZ3aOuWCnBWIZzcBK9RdD7W
Yk/3
-----END CERTIFICATE-----
"""
"""A certificate for localhost that signed itself; nobody has its key."""
