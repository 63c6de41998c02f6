"""What can go wrong with a job on the cluster.

ClusterError
├── LostError           the worker process, or the dask worker that it belongs to, ended or hung
├── UnfitError          a dask worker is of no use for now
├── UnwantedError       nobody waits for the job any more
└── ClusterLostError    the cluster has forgotten the job: it was restarted, or the connection was lost
"""

from __future__ import annotations

from typing import Self


class ClusterError(Exception):
    """Base of what can go wrong."""

    @classmethod
    def of(cls, how: str) -> Self:
        """Make one that says how it happened: the end of a sentence, without a period."""
        return cls(how)


class LostError(ClusterError):
    """The process that ran the job is gone; the sentence begins with "the worker process"."""


class UnfitError(ClusterError):
    """A dask worker is of no use; the sentence begins with its address."""


class UnwantedError(ClusterError):
    """Nobody waits for the answer any more."""


class ClusterLostError(ClusterError):
    """The cluster has forgotten the job: it was restarted, or the connection was lost."""
