"""The modules that users import names from."""

from __future__ import annotations

FACES = (
    "lwfast",
    "lwfast.emulator",
    "lwfast.remote",
    "lwfast.results",
    "lwfast.tomography",
    "lwfast.interferometers",
    "lwfast.interferometers.dists",
    "lwfast.qubit",
    "lwfast.perceval",
    "lwfast.visualisation",
)
