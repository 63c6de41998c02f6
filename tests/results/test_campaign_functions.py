"""Kept sums of a campaign know the functions of the user by what they do, not by their names."""

from __future__ import annotations

import functools
import importlib
import json
import sys

import numpy as np
import pytest

import lwfast as lw
from lwfast.errors import ResultError
from lwfast.results import SamplingResult, scan_results
from lwfast.results.campaign import checkpoint
from lwfast.results.campaign.functions import fingerprints, installed
from lwfast.results.campaign.verbs import map_step, post_select_step, post_selection_step
from tests.results.campaign_runs import same
from tests.started import python

LIMIT = 2


def print_of(function):
    (told,) = fingerprints.functions_of([post_select_step(function, ())])
    return told["fingerprint"]


def in_module(text, **names):
    """The last function that a text defines, as a cell of a notebook does."""
    space = dict(names)
    exec(text, space)
    return list(space.values())[-1]


def above(limit, mode=0):
    return lambda state: state[mode] > limit


VERBS = {
    "post_select": lambda campaign, test: campaign.post_select(test),
    "PostSelectionFunction": lambda campaign, test: campaign.post_select(lw.PostSelectionFunction(test)),
    "apply_post_selection": lambda campaign, test: campaign.apply_post_selection(test),
    "map": lambda campaign, test: campaign.map(lambda state: lw.State([int(test(state))])),
}


@pytest.mark.parametrize("grouped", [False, True])
@pytest.mark.parametrize("verb", VERBS)
def test_another_function_of_the_same_name_is_refused(folder, tmp_path, verb, grouped):
    def campaign(test):
        made = VERBS[verb](scan_results(folder), test)
        return made.group_by("theta") if grouped else made

    kept = tmp_path / "kept" / ("groups" if grouped else "sum.npz")
    first = campaign(lambda state: state[0] > 0).merge(resume=kept)
    again = campaign(lambda state: state[0] > 0)
    assert again.merge(resume=kept) == first
    assert all(again.manifest["resumed"])
    tried = []
    with pytest.raises(ResultError, match=r"was kept with another function .*: its code, a value"):
        campaign(lambda state: state[0] == 0).merge(resume=kept, progress=lambda *done: tried.append(done))
    assert not tried


def test_a_partly_added_sum_is_refused_as_well(folder, tmp_path, small_chunks):
    kept = tmp_path / "kept" / "sum.npz"

    def stop(done, total):
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        scan_results(folder).post_select(above(1)).merge(resume=kept, progress=stop)
    with pytest.raises(ResultError, match="another function above"):
        scan_results(folder).post_select(above(0)).merge(resume=kept)
    expected = scan_results(folder).post_select(above(1)).merge()
    assert same(scan_results(folder).post_select(above(1)).merge(resume=kept), expected)


NESTED = "def keep(state):\n    return any([n > {} for n in state])"
OF_GLOBAL = "def keep(state):\n    return state[0] > limit"
OF_FUNCTION = "def inner(state):\n    return state[0] > {}\ndef keep(state):\n    return inner(state)"
ATTRIBUTE = "def keep(state):\n    return state[0] > keep.limit\nkeep.limit = {}\nlast = keep"
RECURSIVE = "def keep(state, n=3):\n    return n < {} or keep(state, n - 1)"
OTHERS = {
    "code": (lambda: lambda state: state[0] > 1, lambda: lambda state: state[0] >= 1),
    "constant": (lambda: lambda state: state[0] > 1, lambda: lambda state: state[0] > 2),
    "type of a constant": (lambda: lambda state: 1, lambda: lambda state: 1.0),
    "sign of zero": (lambda: lambda state: 0.0, lambda: lambda state: -0.0),
    "attribute": (lambda: lambda state: state.n_photons, lambda: lambda state: state.n_modes),
    "nested code": (lambda: in_module(NESTED.format(1)), lambda: in_module(NESTED.format(2))),
    "defaults": (lambda: lambda state, n=1: state[n], lambda: lambda state, n=0: state[n]),
    "defaults by name": (lambda: lambda state, *, n=1: state[n], lambda: lambda state, *, n=0: state[n]),
    "closure": (lambda: above(1), lambda: above(2)),
    "number of the module": (lambda: in_module(OF_GLOBAL, limit=1), lambda: in_module(OF_GLOBAL, limit=2)),
    "array of the module": (
        lambda: in_module(OF_GLOBAL, limit=np.arange(5000)),
        lambda: in_module(OF_GLOBAL, limit=np.where(np.arange(5000) == 2500, 0, np.arange(5000))),
    ),
    "set of the module": (
        lambda: in_module(OF_GLOBAL, limit={(1, 0), (0, 1)}),
        lambda: in_module(OF_GLOBAL, limit={(1, 0), (1, 1)}),
    ),
    "function of the module": (
        lambda: in_module(OF_FUNCTION.format(1)),
        lambda: in_module(OF_FUNCTION.format(2)),
    ),
    "attribute of a function": (
        lambda: in_module(ATTRIBUTE.format(1)),
        lambda: in_module(ATTRIBUTE.format(2)),
    ),
    "recursion": (lambda: in_module(RECURSIVE.format(1)), lambda: in_module(RECURSIVE.format(2))),
    "state": (
        lambda: (lambda wanted: lambda state: state == wanted)(lw.State([1, 0])),
        lambda: (lambda wanted: lambda state: state == wanted)(lw.State([0, 1])),
    ),
    "partial": (
        lambda: functools.partial(lambda state, n: state[n], n=1),
        lambda: functools.partial(lambda state, n: state[n], n=0),
    ),
    "method of data": (lambda: {(1, 0)}.__contains__, lambda: {(0, 1)}.__contains__),
    "cached": (lambda: functools.cache(above(1)), lambda: functools.cache(above(2))),
    "handled exception": (
        lambda: in_module(
            "def keep(s):\n    try:\n        return s[9]\n    except IndexError:\n        return 1"
        ),
        lambda: in_module(
            "def keep(s):\n    try:\n        return s[9]\n    except ValueError:\n        return 1"
        ),
    ),
    "function of Python": (lambda: lambda state: max(state), lambda: lambda state: min(state)),
}


@pytest.mark.parametrize("what", OTHERS)
def test_a_fingerprint_tells_functions_apart_and_finds_them_again(what):
    make, make_other = OTHERS[what]
    assert print_of(make()) == print_of(make())
    assert print_of(make()) != print_of(make_other())


def test_lines_names_and_the_place_of_a_function_do_not_count():
    shifted = in_module("\n\n\n" + OF_GLOBAL.replace("keep", "other"), limit=1)
    assert print_of(shifted) == print_of(in_module(OF_GLOBAL, limit=1))


STABLE = """
import math, numpy as np, lwfast as lw
from functools import partial
from lwfast.results.campaign.functions.fingerprints import functions_of
from lwfast.results.campaign.verbs import post_select_step
WANTED = {"a", "b", "c", (1, 0), lw.State([1, 0])}
def deep(state, n=2.5):
    return n > math.pi and deep(state) or str(state) in {"x", "y", "z", "w"} or state in WANTED
def keep(state, *, table={"a": [1, 2], "b": frozenset({"p", "q", "r"})}):
    return deep(state) and np.sum(table["a"]) > 1 and lw.State([1]) != state
print(functions_of([post_select_step(partial(keep, table={}), ())]))
"""


def test_a_fingerprint_is_the_same_in_every_process():
    said = {python(STABLE, PYTHONHASHSEED=seed).stdout for seed in "123"}
    assert len(said) == 1
    assert "fingerprint" in said.pop()


class Threshold:
    """What can be called, and has a state that nothing knows."""

    limit = 1

    def __call__(self, state):
        return state[0] > self.limit

    def method(self, state):
        return state[0] > self.limit


class Selection(lw.PostSelectionFunction):
    """One of ours, with a `validate` of its own."""

    def validate(self, state):
        return state[0] > LIMIT


def unset():
    def keep(state):
        return limit > 1

    if not unset:
        limit = 1
    return keep


@pytest.mark.parametrize(
    ("make", "names"),
    [
        (Threshold, "whether Threshold in post_select .* callable of type Threshold"),
        (lambda: Threshold().method, "Threshold.method .* callable of type Threshold"),
        (lambda: Selection(above(1)), "Selection"),
        (lambda: above(Threshold()), "the variable limit of .* callable of type Threshold"),
        (
            lambda: lambda state: state[0] > Threshold.limit,
            "Threshold, which .* uses, is the class Threshold",
        ),
        (lambda: in_module(OF_GLOBAL, limit=np.random.default_rng(1)), "limit, which keep uses.* Generator"),
        (lambda: in_module("def keep(s):\n    return eval('s')"), "keep uses eval"),
        (lambda: in_module("def keep(s):\n    import tests.started\n    return s"), "keep imports tests"),
        (lambda: in_module("def keep(s):\n    from . import x\n    return s"), "keep imports"),
        (lambda: in_module("import tests\ndef keep(s):\n    return [tests]"), "the module tests"),
        (unset, "the variable limit of .* has no value yet"),
        (lambda: functools.partial(above(1), np.array([None])), "ndarray"),
    ],
)
def test_what_cannot_be_told_is_refused_before_any_work(folder, tmp_path, make, names):
    tried = []
    with pytest.raises(ResultError, match=rf"(?s){names}.*leave out resume="):
        scan_results(folder).post_select(make()).merge(
            resume=tmp_path / "kept" / "sum.npz", progress=lambda *done: tried.append(done)
        )
    assert not tried
    assert not (tmp_path / "kept").exists()


@pytest.mark.parametrize("name", ["rules_of_mine", "this"])
def test_a_function_of_a_module_that_changes_is_another_one(tmp_path, monkeypatch, name):
    """So is one of a module with a name of Python's own."""
    monkeypatch.syspath_prepend(tmp_path)
    found = []
    for limit in (1, 22):
        (tmp_path / f"{name}.py").write_text(f"def keep(state):\n    return state[0] > {limit}\n")
        monkeypatch.delitem(sys.modules, name, raising=False)
        installed._version_of.cache_clear()
        importlib.invalidate_caches()
        module = importlib.import_module(name)
        use = in_module(f"import {name}\ndef keep(s):\n    return {name}.keep(s)")
        found += [print_of(module.keep), print_of(use)]
    installed._version_of.cache_clear()
    assert len(set(found)) == 4


def test_what_handles_an_exception_counts():
    def keep(state):
        try:
            return state[9]
        except IndexError:
            return 1

    other = type(keep)(keep.__code__.replace(co_exceptiontable=b""), {})
    assert print_of(other) != print_of(type(keep)(keep.__code__, {}))


def test_another_version_of_a_package_is_told(monkeypatch):
    keep = in_module("import numpy as np\ndef keep(s):\n    return np.sum(s) > 1")
    before = print_of(keep)
    monkeypatch.setattr(installed, "_version_of", lambda name: "another" if name == "numpy" else "")
    assert print_of(keep) != before


def test_arguments_of_a_mapping_are_told_by_their_values():
    """Their text leaves out the middle of an array."""
    one, other = np.zeros(5000, np.int64), np.zeros(5000, np.int64)
    other[2500] = 1
    assert repr(one) == repr(other)

    def mapping(state, table):
        return state

    told = [fingerprints.functions_of([map_step(mapping, (table,), {})]) for table in (one, other, one)]
    assert told[0] == told[2] != told[1]


@pytest.mark.parametrize("selection", [[((0,), 1)], lw.PostSelection()])
def test_steps_without_a_function_of_the_user_need_no_fingerprint(selection):
    steps = [
        post_selection_step(selection),
        map_step("threshold", (), {}),
        post_select_step(selection, [(1, 0)]),
    ]
    assert fingerprints.functions_of(steps) == []


def edited(kept, change):
    """Change what a kept sum says of its functions."""
    result = lw.load_result(kept)
    about = json.loads(json.dumps(result.metadata[checkpoint.KEY]))
    change(about)
    total = SamplingResult.from_columns(
        result.states, result.counts, metadata={**result.metadata, checkpoint.KEY: about}
    )
    total.save(kept)


def test_a_sum_that_an_older_version_kept_is_refused(folder, tmp_path):
    kept = tmp_path / "kept" / "sum.npz"
    campaign = scan_results(folder).post_select(above(1))
    campaign.merge(resume=kept)
    edited(kept, lambda about: about.pop("functions"))
    with pytest.raises(ResultError, match=r"does not say what above.* did .* remove that file"):
        campaign.merge(resume=kept)


def test_a_sum_that_another_python_kept_is_refused(folder, tmp_path):
    kept = tmp_path / "kept" / "sum.npz"
    campaign = scan_results(folder).post_select(above(1))
    campaign.merge(resume=kept)
    edited(kept, lambda about: about["functions"][0].update(python="cpython 3.5"))
    with pytest.raises(ResultError, match=r"kept by cpython 3\.5, and this is .* cannot be compared"):
        campaign.merge(resume=kept)
