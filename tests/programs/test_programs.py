"""Programs with the calls of Lightworks' public notebooks: the same answers from both packages.

Each runs with Lightworks, under `lwfast run`, and with another import: in one process for each of these ways.
"""

import os
import pickle
import subprocess
import sys
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


def _run(way, folder):
    if find_spec("lightworks") is None:
        pytest.skip("Lightworks is not installed")
    out = folder / "found.pickle"
    done = subprocess.run(
        [sys.executable, *WAYS[way], str(out)],
        capture_output=True,
        text=True,
        check=False,
        timeout=9 * PATIENCE,
        env={**os.environ, "MPLBACKEND": "Agg"},
    )
    assert done.returncode == 0, done.stderr
    return pickle.loads(out.read_bytes())


@pytest.fixture(scope="module")
def lightworks(tmp_path_factory):
    """What each program finds with Lightworks."""
    return _run("lightworks", tmp_path_factory.mktemp("lightworks"))


@pytest.fixture(scope="module")
def lwfast_run(tmp_path_factory):
    """What each program finds under `lwfast run`."""
    return _run("lwfast run", tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def import_lwfast(tmp_path_factory):
    """What each program finds where it imports lwfast."""
    return _run("import lwfast", tmp_path_factory.mktemp("import"))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("program", programs())
def test_a_program_runs_to_its_end(request, way, program):
    """With the package that it should run with, and something to compare."""
    one = request.getfixturevalue(way.replace(" ", "_"))[program]
    assert one["error"] is None, one["error"]
    assert one["package"] == ("lightworks" if way == "lightworks" else "lwfast")
    assert one["exact"]


@pytest.mark.parametrize("program", programs())
def test_both_packages_find_the_same(lightworks, lwfast_run, program):
    assert comparing.differences(lightworks[program], lwfast_run[program]) == []


@pytest.mark.parametrize("program", programs())
def test_all_ways_into_lwfast_find_the_same(lwfast_run, import_lwfast, program):
    """To the last bit and sample, where a seed is given."""
    one, other = dict(lwfast_run[program]), dict(import_lwfast[program])
    for each in (one, other):
        del each["seconds"]
        if program == "photons_in_a_random_unitary":
            del each["sampled"]  # its notebook has no seed
    np.testing.assert_equal(one, other)


def test_no_way_loads_the_other_package(lightworks, lwfast_run, import_lwfast):
    roots = [
        {name.partition(".")[0] for name in found["modules"]}
        for found in (lightworks, lwfast_run, import_lwfast)
    ]
    # Under `lwfast run` the names of the one stand for the modules of the other.
    assert roots == [{"lightworks"}, {"lightworks", "lwfast"}, {"lwfast"}]


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
