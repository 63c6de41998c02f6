"""Circuits, states, results and noise of Perceval as objects of lwfast, and back."""

from lwfast.perceval.conversion import from_perceval, to_perceval
from lwfast.perceval.optical_setup import Setup

__all__ = ["Setup", "from_perceval", "to_perceval"]
