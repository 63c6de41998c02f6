"""`pandas.DataFrame(result)` and `polars.DataFrame(result)` say what to call instead."""

from __future__ import annotations

import numpy as np
import pytest

from lwfast.results import ProbabilityDistribution, SamplingResult, SimulationResult, scan_results

RESULTS = {
    "counts": (SamplingResult({(1, 0): 3, (0, 1): 2}), r"result\.to_{}\(\)"),
    "distribution": (ProbabilityDistribution({(1, 0): 0.5, (0, 1): 0.5}), r"result\.to_{}\(\)"),
    "simulation": (
        SimulationResult(np.eye(2), "probability", [(1, 0), (0, 1)], [(1, 0), (0, 1)]),
        r"result\.display_as_dataframe\(\)",
    ),
}


@pytest.mark.parametrize("kind", RESULTS)
def test_constructors_of_frames_name_the_method(kind):
    """Of pandas the states were lost without a word; polars failed at the first state."""
    result, remedy = RESULTS[kind]
    for name in ("pandas", "polars"):
        library = pytest.importorskip(name)
        with pytest.raises(TypeError, match=remedy.format(name)):
            library.DataFrame(result)


def test_constructors_of_frames_name_the_method_of_groups(tmp_path):
    """A frame of pandas had a column of the settings, and lost all counts without a word."""
    for k in range(2):
        SamplingResult({(1, 0): 3, (0, 1): k}).with_parameters(theta=k).save(tmp_path / f"{k}.npz")
    groups = scan_results(tmp_path).group_by("theta").merge()
    for name in ("pandas", "polars"):
        library = pytest.importorskip(name)
        with pytest.raises(TypeError, match=rf"Use groups\.to_{name}\(\)"):
            library.DataFrame(groups)
    assert list(groups) == list(groups.keys()) == [0, 1]


def test_what_pandas_and_numpy_can_do_still_works():
    """A Series has the states as its index, an array the values."""
    pd = pytest.importorskip("pandas")
    counts, distribution = RESULTS["counts"][0], RESULTS["distribution"][0]
    assert pd.Series(counts).tolist() == [3, 2]
    assert np.asarray(counts).tolist() == [3, 2]
    assert np.asarray(distribution).tolist() == [0.5, 0.5]
    assert np.asarray(RESULTS["simulation"][0]).tolist() == [[1, 0], [0, 1]]
    assert list(counts.keys()) == counts.outputs
    assert pd.DataFrame({"counts": np.asarray(counts)}).counts.tolist() == [3, 2]


def test_distributions_have_frames():
    """As results of counts do, with a column of probabilities."""
    pytest.importorskip("pandas")
    distribution = RESULTS["distribution"][0]
    assert distribution.to_pandas().probability.tolist() == [0.5, 0.5]
    pytest.importorskip("pyarrow")
    assert distribution.to_arrow().column_names == ["state", "probability"]
    pl = pytest.importorskip("polars")
    assert distribution.to_polars()["state"].to_list() == [[1, 0], [0, 1]]
    assert pl.from_arrow(distribution.to_arrow()).equals(distribution.to_polars())
