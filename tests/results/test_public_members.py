"""What only lwfast itself uses is no part of the public classes: it can change without notice."""

import pytest

import lwfast as lw
from lwfast import remote
from lwfast.results import (
    ProbabilityDistribution,
    QPUSamplingResult,
    SamplingResult,
    SimulationResult,
    SweepResult,
    SweepSimulationResult,
)
from lwfast.results.columns.record import known_record
from lwfast.results.state_map import label_table, working_table

INTERNAL = {
    "working_table": (SamplingResult, QPUSamplingResult, ProbabilityDistribution),
    "label_table": (SamplingResult, QPUSamplingResult, ProbabilityDistribution),
    "known_record": (SamplingResult, QPUSamplingResult, SweepResult, SimulationResult),
    "from_decoded": (QPUSamplingResult,),
    "as_job_wants": (SweepResult,),
    "is_distinct": (SweepResult,),
    "on": (remote.Client,),
    "connection": (
        remote.Job,
        remote.BatchJob,
        remote.QPU,
        remote.Client(url="http://127.0.0.1:9/", token="t"),
    ),
    "tracked": (remote.Job(), remote.BatchJob()),
    "submit_again": (remote.Job,),
    "of": (remote.Job, remote.BatchJob, SweepResult),
    "of_tables": (SimulationResult,),
    "taken": (SweepResult, SweepSimulationResult),
    "distinct_rows": (SweepResult,),
    "kind": (SweepResult,),
    "fixed": (lw.PhotonicCircuit,),
    "differentiable": (lw.PhotonicCircuit,),
}


@pytest.mark.parametrize("name", INTERNAL)
def test_internal_names_are_private(name):
    assert [thing for thing in INTERNAL[name] if hasattr(thing, name)] == []


def test_functions_give_what_is_inside():
    """They give the parts of a result themselves: what is asked twice is the same."""
    result = SamplingResult({(1, 0): 3, (0, 1): 5}).with_parameters(theta=0.5)
    assert known_record(result) is known_record(result)
    assert known_record(result).metadata["parameters"] == {"theta": 0.5}
    assert working_table(result).states.shape == label_table(result).states.shape == (2, 2)
    assert not label_table(result).has_x
