"""The same data into our results and into the reference's: the same answers, or both raise."""

from __future__ import annotations

import copy
import warnings

import numpy as np
import pytest

lightworks = pytest.importorskip("lightworks")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    remote_results = pytest.importorskip("lightworks_remote.results.qpu_result")
    conversion = pytest.importorskip("lightworks_remote.utils.conversion")
from lightworks.sdk import results as reference  # noqa: E402
from lightworks.sdk.utils.conversion import convert as reference_convert  # noqa: E402

import lwfast as lw  # noqa: E402
from lwfast.results import (  # noqa: E402
    ProbabilityDistribution,
    QPUSamplingResult,
    SamplingResult,
    SimulationResult,
    load_result,
)

RNG = np.random.default_rng(0)
TABLE = {
    tuple(map(int, s)): int(c)
    for s, c in zip(RNG.integers(0, 3, (400, 6)), RNG.integers(1, 99, 400), strict=True)
}
THEIRS = {lightworks.State(list(s)): c for s, c in TABLE.items()}
RULES = {
    "post_select": [((0, 1), (1, 2)), ((5,), (0, 1))],
    "herald": [((3,), (1,)), ((2,), (0,))],
}


def plain(mapping):
    """A mapping with states as tuples."""
    return {tuple(k): v for k, v in mapping.items()}


@pytest.fixture
def pair():
    return (
        SamplingResult(THEIRS, lightworks.State([1] * 6)),
        reference.SamplingResult(THEIRS, lightworks.State([1] * 6)),
    )


def test_sampling_results_read_alike(pair):
    ours, theirs = pair
    assert plain(ours) == plain(theirs)
    assert ours == theirs
    assert [tuple(s) for s in ours.outputs] == [tuple(s) for s in theirs.outputs]
    assert tuple(ours.input) == tuple(theirs.input)
    for state in theirs:
        assert ours[state] == theirs[state]
        assert state in ours
    for key, error in ((lightworks.State([9] * 6), KeyError), (5, TypeError), ("x", TypeError)):
        for result in pair:
            with pytest.raises(error):
                result[key]


def test_reading_verbs_of_a_dict_give_the_same(pair):
    ours, theirs = pair
    assert plain(ours.copy()) == plain(theirs.copy())
    assert type(ours.copy()) is type(theirs.copy()) is dict
    assert [tuple(s) for s in reversed(ours)] == [tuple(s) for s in reversed(theirs)]
    assert list(reversed(ours.values())) == list(reversed(theirs.values()))
    state = next(iter(theirs))
    for merged in (ours | {state: 1}, theirs | {state: 1}):
        assert type(merged) is dict
        assert len(merged) == len(theirs)


def test_results_of_lightworks_are_taken_as_they_are(pair):
    ours, theirs = pair
    assert SamplingResult(theirs, theirs.input) == ours


def test_changing_a_result_raises_the_same_exception(pair):
    for result, error in zip(pair, (lw.ResultError, lightworks.ResultError), strict=True):
        with pytest.raises(error):
            result[next(iter(result))] = 1
    assert lw.ResultError.__name__ == lightworks.ResultError.__name__


@pytest.mark.parametrize("name", ["threshold_mapping", "parity_mapping"])
@pytest.mark.parametrize("invert", [False, True])
def test_mappings_give_the_same(pair, name, invert):
    """Their function on their result, on ours, and ours on ours."""
    ours, theirs = pair
    theirs_function, our_function = getattr(reference_convert, name), getattr(lw.convert, name)
    expected = plain(theirs.map(theirs_function, invert))
    assert plain(ours.map(our_function, invert)) == expected
    assert plain(ours.map(theirs_function, invert=invert)) == expected
    assert plain(ours.map(lambda s: our_function(s, invert))) == expected


def test_dual_rail_mapping_gives_the_same():
    data = {(1, 0, 0, 1): 3, (0, 1, 0, 1): 4}
    theirs = reference.SamplingResult(
        {lightworks.State(list(k)): v for k, v in data.items()}, lightworks.State([1, 0, 0, 1])
    )
    expected = plain(theirs.map(reference_convert.dual_rail_to_qubit))
    assert plain(SamplingResult(data).map(lw.convert.dual_rail_to_qubit)) == expected
    for result, function in (
        (SamplingResult({(1, 1): 1}), lw.convert.dual_rail_to_qubit),
        (
            reference.SamplingResult({lightworks.State([1, 1]): 1}, lightworks.State([1, 1])),
            reference_convert.dual_rail_to_qubit,
        ),
    ):
        with pytest.raises(ValueError):
            result.map(function)


def test_post_selection_gives_the_same(pair):
    ours, theirs = pair
    theirs_rules, our_rules = lightworks.PostSelection(), lw.PostSelection()
    for rules in (theirs_rules, our_rules):
        rules.add((0, 1), (1, 2))
        rules.add(4, 0)
    expected = plain(theirs.apply_post_selection(theirs_rules))
    assert plain(ours.apply_post_selection(our_rules)) == expected
    assert plain(ours.apply_post_selection(theirs_rules)) == expected
    keep = lambda s: s[0] == 1 and s.n_photons > 3  # noqa: E731
    assert plain(ours.apply_post_selection(keep)) == plain(theirs.apply_post_selection(keep))
    for result in pair:
        with pytest.raises(TypeError):
            result.apply_post_selection(5)


def test_qpu_results_are_processed_alike():
    data = {"results": dict(THEIRS), "job_data": copy.deepcopy(RULES)}
    ours = QPUSamplingResult(data)
    theirs = remote_results.QPUSamplingResult(copy.deepcopy(data))
    assert plain(ours) == plain(theirs)
    assert len(ours) > 5
    assert plain(ours.raw_data) == plain(theirs.raw_data)
    assert [tuple(s) for s in ours.outputs] == [tuple(s) for s in theirs.outputs]
    assert ours.post_selection == theirs.post_selection
    assert ours.job_data == theirs.job_data
    plainly = {"results": dict(THEIRS)}
    assert (
        QPUSamplingResult(plainly).post_selection is remote_results.QPUSamplingResult(plainly).post_selection
    )
    assert QPUSamplingResult(plainly).post_selection is None
    for empty in (QPUSamplingResult({"results": {}}), remote_results.QPUSamplingResult({"results": {}})):
        with pytest.raises(ValueError):
            empty[lightworks.State([1])]
        with pytest.raises(ValueError):
            empty.plot()


@pytest.mark.parametrize("raw", [False, True])
def test_files_are_the_same_bytes_and_theirs_are_loaded(tmp_path, raw):
    data = {"results": dict(THEIRS), "job_data": copy.deepcopy(RULES)}
    ours = QPUSamplingResult(data)
    theirs = remote_results.QPUSamplingResult(copy.deepcopy(data))
    theirs.save(str(tmp_path / "theirs"), raw_data=raw)
    ours.save(tmp_path / "ours", raw_data=raw)
    assert (tmp_path / "ours.json").read_bytes() == (tmp_path / "theirs.json").read_bytes()
    assert load_result(tmp_path / "theirs.json") == (ours.raw_data if raw else ours)


@pytest.mark.parametrize("n_modes", [1, 2, 5])
def test_one_mode_files_of_the_reference_are_loaded(tmp_path, n_modes):
    states = {lightworks.State([k] * n_modes): k + 1 for k in range(3)}
    for raw in (False, True):
        theirs = remote_results.QPUSamplingResult({"results": states})
        theirs.save(str(tmp_path / f"r{raw}"), raw_data=raw)
        assert load_result(tmp_path / f"r{raw}.json") == states


@pytest.mark.parametrize("key", ["(0, 1, 0)", "[0, 1, 0]", "0, 1, 0", "(3,)", "(3)", "3", "()", "(12, 0)"])
def test_keys_are_read_as_the_reference_reads_them(key):
    """Except for square brackets, which the reference writes and cannot read."""
    ours = next(iter(QPUSamplingResult({"results": {key: 1}})))
    if key.startswith("["):
        with pytest.raises(ValueError):
            conversion.convert_fock_data_to_state(key)
        return
    assert tuple(ours) == tuple(conversion.convert_fock_data_to_state(key))


def test_simulation_results_read_alike():
    inputs, outputs = [[1, 0], [0, 1]], [[1, 0], [0, 1], [2, 0]]
    values = np.array([[0.25, 0.5, 0.25], [0.5, 0.5, 0.0]])
    ours = SimulationResult(values, "probability", inputs, outputs)
    theirs = reference.SimulationResult(
        values, "probability", [lightworks.State(s) for s in inputs], [lightworks.State(s) for s in outputs]
    )
    a, b = lightworks.State([1, 0]), lightworks.State([0, 1])
    assert ours[a, b] == theirs[a, b] == 0.5
    assert plain(ours[a]) == plain(theirs[a])
    assert ours.display_as_dataframe().equals(theirs.display_as_dataframe())
    assert ours == theirs
    assert theirs == ours
    assert ours == theirs.copy()
    amplitudes = reference.SimulationResult(
        values,
        "probability_amplitude",
        [lightworks.State(s) for s in inputs],
        [lightworks.State(s) for s in outputs],
    )
    assert ours != amplitudes
    mapped = [r.map(reference_convert.threshold_mapping) for r in (ours, theirs)]
    assert plain(mapped[0][a]) == plain(mapped[1][a])
    missing = lightworks.State([5, 5])
    for result in (ours, theirs):
        for key, error in (
            (missing, KeyError),
            ((a, missing), KeyError),
            ((a, a, a), ValueError),
            ("x", TypeError),
        ):
            with pytest.raises(error):
                result[key]
    for args in ((values, "counts", inputs, outputs), (values, "probability", inputs[:1], outputs)):
        with pytest.raises(lw.ResultCreationError):
            SimulationResult(*args)
        with pytest.raises(lightworks.ResultCreationError):
            reference.SimulationResult(*args)


def test_distributions_read_alike():
    values = {(0, 1): 0.5, (1, 0): 0.5}
    ours = ProbabilityDistribution(values)
    theirs = reference.ProbabilityDistribution({lightworks.State(list(k)): v for k, v in values.items()})
    assert ours == theirs
    for result, error in (
        (ours, lw.ProbabilityDistributionError),
        (theirs, lightworks.ProbabilityDistributionError),
    ):
        with pytest.raises(error):
            result[lightworks.State([0, 1])] = 1


def test_frames_and_printed_lines_are_the_same(pair, capsys):
    ours, theirs = pair
    assert ours.display_as_dataframe().to_dict() == theirs.display_as_dataframe().to_dict()
    printed = []
    for result in pair:
        result.print_outputs()
        printed.append(capsys.readouterr().out.strip())
    assert printed[0] == printed[1]
