"""Limits that several rooms share are one limit, told in one sentence."""

from __future__ import annotations

import numpy as np
import pytest

import lwfast as lw
from lwfast._base.limits import MAX_NESTING
from lwfast.emulator import run_raw
from lwfast.errors import ResourceLimitError
from lwfast.hardware import HardwareModel
from lwfast.optics.samples.sample_counts import sample_counts
from lwfast.results.columns.json_like import json_like
from lwfast.scheduler.validation.rules_data import check_job_data
from lwfast.scheduler.validation.violations import Violations


def test_photons_of_a_state_end_in_one_sentence():
    """Whoever makes a table of states refuses 256 photons in the same words."""
    identity = np.eye(2)
    dark = lw.emulator.Detector(p_dark=0.1)
    noisy = HardwareModel(detector=dark)
    for call in (
        lambda: lw.fock_basis(2, 256),
        lambda: lw.fock_rank(np.array([256, 0])),
        lambda: lw.output_distribution(identity, [256, 0]),
        lambda: lw.output_distribution(identity, [255, 0], detector=dark),
        lambda: lw.boson_sample(identity, [256, 0], 1),
        lambda: run_raw(identity, [256, 0], 1),
        lambda: run_raw(identity, [255, 0], 1, hardware=noisy),
    ):
        with pytest.raises(ResourceLimitError, match=r"25[67] photons; a table of states holds at most 255"):
            call()


def test_numbers_of_samples_end_in_one_sentence():
    """Counts are int64, whoever draws them."""
    for call in (lambda: sample_counts([0.5, 0.5], 2**63), lambda: run_raw(np.eye(2), [1, 0], 2**63)):
        with pytest.raises(ResourceLimitError, match=r"n_samples should be below 2\^63"):
            call()


@pytest.mark.parametrize(("levels", "accepted"), [(MAX_NESTING, True), (MAX_NESTING + 1, False)])
def test_what_a_scheduler_takes_a_result_keeps(levels, accepted):
    """Data of a job are refused at the submit if no result could hold them."""
    data: dict[str, object] = {"option": 1}
    for _ in range(levels - 1):
        data = {"option": data}
    found = Violations()
    check_job_data(data, 2, found)
    assert bool(found) is not accepted
    if accepted:
        assert json_like(data, "job_data") == data
    else:
        with pytest.raises(ValueError, match="nested more than"):
            json_like(data, "job_data")
