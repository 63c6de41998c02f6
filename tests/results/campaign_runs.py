"""Results of a campaign, for tests."""

from __future__ import annotations

import datetime as dt

import numpy as np

from lwfast.results import SamplingResult

QPUS = "Artemis", "Apollo"
FORMS = "json", "npz", "parquet"
START = dt.datetime(2026, 3, 1, 8, tzinfo=dt.UTC)


def result_of(k, theta, qpu, n_rows=60):
    rng = np.random.default_rng(k)
    about = {"job_id": k, "qpu": qpu, "finished_date": (START + dt.timedelta(hours=k)).isoformat()}
    states, counts = rng.integers(0, 3, (n_rows, 4)), rng.integers(1, 9, n_rows)
    return SamplingResult.from_columns(states, counts, metadata=about).with_parameters(theta=theta)


def same(one, other):
    return (
        one == other
        and one.outputs == other.outputs
        and one.metadata == other.metadata
        and one.history == other.history
    )
