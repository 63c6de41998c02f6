"""Programs with the calls of Lightworks' public notebooks: the same answers from both packages.

Each runs with Lightworks, under `lwfast run`, and with another import: in one process for each of these ways.
"""

import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from tests.programs import comparing
from tests.programs.run_all import programs
from tests.started import PATIENCE

RUN_ALL = Path(__file__).with_name("run_all.py")
WAYS = {
    "lightworks": ["-W", "ignore", str(RUN_ALL)],
    "lwfast run": ["-m", "lwfast", "run", str(RUN_ALL)],
    "import lwfast": [str(RUN_ALL), "--as", "lwfast"],
}


pytestmark = pytest.mark.slow  # a minute of computing, most of it Lightworks'


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What each program found, by way and program."""
    if find_spec("lightworks") is None:
        pytest.skip("Lightworks is not installed")
    folder = tmp_path_factory.mktemp("programs")

    def run(way):
        out = folder / f"{way}.pickle"
        subprocess.run(
            [sys.executable, *WAYS[way], str(out)],
            check=True,
            capture_output=True,
            timeout=8 * PATIENCE,
            env={**os.environ, "MPLBACKEND": "Agg"},
        )
        return pickle.loads(out.read_bytes())

    with ThreadPoolExecutor(len(WAYS)) as pool:
        return dict(zip(WAYS, pool.map(run, WAYS), strict=True))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("program", programs())
def test_a_program_runs_to_its_end(found, way, program):
    """With the package that it should run with, and something to compare."""
    one = found[way][program]
    assert one["error"] is None, one["error"]
    assert one["package"] == ("lightworks" if way == "lightworks" else "lwfast")
    assert one["exact"]


@pytest.mark.parametrize("program", programs())
def test_both_packages_find_the_same(found, program):
    assert comparing.differences(found["lightworks"][program], found["lwfast run"][program]) == []


@pytest.mark.parametrize("program", programs())
def test_all_ways_into_lwfast_find_the_same(found, program):
    """To the last bit and sample, where a seed is given."""
    one, other = (dict(found[way][program]) for way in ("lwfast run", "import lwfast"))
    for each in (one, other):
        del each["seconds"]
        if program == "photons_in_a_random_unitary":
            del each["sampled"]  # its notebook has no seed
    np.testing.assert_equal(one, other)


def test_no_way_loads_the_other_package(found):
    roots = {way: {name.partition(".")[0] for name in found[way]["modules"]} for way in WAYS}
    assert roots == {
        "lightworks": {"lightworks"},
        "lwfast run": {"lightworks", "lwfast"},  # the names of one for the modules of the other
        "import lwfast": {"lwfast"},
    }


def test_what_differs_is_found():
    """The comparison itself: small differences of values, wrong samples, missing names."""
    values = {"matrix": np.eye(2), "chances": {"|1>": 0.5, "|2>": 0.5}, "names": ["a", "b"], "good": True}
    samples = {"counts": {"|1>": 5000, "|2>": 5000, "|3>": 3}}
    one = {"exact": values, "close": {"estimate": (1.0, 0.1)}, "sampled": samples}
    assert comparing.differences(one, one) == []
    for change in (
        {"exact": {**values, "matrix": np.eye(2) + 2e-10}},
        {"exact": {**values, "matrix": np.eye(3)}},
        {"exact": {**values, "chances": {"|1>": 0.5, "|2>": 0.5, "|3>": 1e-9}}},
        {"exact": {**values, "names": ["a"]}},
        {"exact": {**values, "good": False}},
        {"exact": {"matrix": np.eye(2)}},
        {"close": {"estimate": (1.2, 0.1)}},
        {"sampled": {"counts": {"|1>": 5500, "|2>": 4500}}},
        {"sampled": {"counts": {"|1>": 5000, "|2>": 4900, "|3>": 100}}},
        {"sampled": {"counts": {}}},
    ):
        assert len(comparing.differences(one, {**one, **change})) == 1, change
    assert comparing.sampled({"|1>": 10**4, "|2>": 10**4}, {"|1>": 10200, "|2>": 9800}) == ""
    assert comparing.exact({"|1>": 1.0, "|2>": 0.0}, {"|1>": 1.0}) == ""
