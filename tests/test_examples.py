"""Every public name has an example, which does what it shows, and a place in the reference."""

from __future__ import annotations

import doctest
import importlib
import inspect
import os
import re
import types
from pathlib import Path

import numpy as np
import pytest

import lwfast as lw
from lwfast import remote
from lwfast.remote.configuration.chosen import chosen
from lwfast.results import SamplingResult
from tests.faces import FACES

EXTRAS = {
    "lwfast.from_perceval": "perceval",
    "lwfast.to_perceval": "perceval",
    "lwfast.perceval.Setup": "perceval",
    "lwfast.qubit.qiskit_converter": "qiskit",
}
"""What an example needs that is not installed everywhere."""
NEEDS_A_SCHEDULER = "remote."
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
SOURCES = Path(os.environ.get("LWFAST_TESTED_SOURCES", Path(__file__).parents[1])) / "docs" / "api"


def public_names():
    """Yield each public name once, and the object whose docstring tells of it."""
    seen = set()
    for face in FACES:
        module = importlib.import_module(face)
        for name in getattr(module, "__all__", None) or dir(module):
            value = getattr(module, name)
            if name.startswith("_") or isinstance(value, types.ModuleType) or id(value) in seen:
                continue
            seen.add(id(value))
            named = inspect.isclass(value) or inspect.isroutine(value)
            yield f"{face}.{name}", value if named else type(value)


PUBLIC = dict(public_names())


def example_of(name):
    """Return the example of a name; without one, it holds no statement."""
    text = inspect.getdoc(PUBLIC[name]) or ""
    preamble = {"lw": lw, "np": np, "remote": remote, "SamplingResult": SamplingResult}
    return doctest.DocTestParser().get_doctest(text, preamble, name, None, None)


def test_every_public_name_has_an_example():
    lacking = [name for name in PUBLIC if not example_of(name).examples]
    assert lacking == []
    assert len(PUBLIC) > 150


def test_no_example_is_left_out():
    """A statement that is skipped shows nothing that is known to be true."""
    for name in PUBLIC:
        for statement in example_of(name).examples:
            assert doctest.SKIP not in statement.options, name


@pytest.fixture(scope="module")
def scheduler():
    with remote.local_scheduler(workers=1) as local:
        yield local


@pytest.fixture
def alone(tmp_path, monkeypatch):
    """Files, settings and tokens of an example are its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LWFAST_CONFIG_DIR", str(tmp_path / "user"))
    yield
    chosen.set_url(None)
    chosen.set_token(None)


@pytest.mark.parametrize("name", PUBLIC)
def test_the_example_does_what_it_shows(name, alone, request, capsys):
    if name in EXTRAS:
        pytest.importorskip(EXTRAS[name])
    example = example_of(name)
    if any(NEEDS_A_SCHEDULER in statement.source for statement in example.examples):
        request.getfixturevalue("scheduler")
    found = doctest.DocTestRunner(optionflags=FLAGS).run(example)
    assert found.failed == 0, capsys.readouterr().out
    assert found.attempted == len(example.examples) > 0


@pytest.mark.skipif(not SOURCES.is_dir(), reason="needs the sources of the documentation")
def test_every_public_name_has_a_place_in_the_reference():
    """By its own name, or with all that its module has."""
    pages = "".join(path.read_text(encoding="utf-8") for path in sorted(SOURCES.glob("*.md")))
    listed = set(re.findall(r"auto(?:class|function|exception|data):: ([\w.]+)", pages))
    whole = re.findall(r"automodule:: ([\w.]+)\n *:members:\n *:imported-members:", pages)
    short = {name.rpartition(".")[2] for name in listed}
    rooms = tuple(f"{room}." for room in whole)
    missing = [
        name
        for name, thing in PUBLIC.items()
        if short.isdisjoint({name.rpartition(".")[2], thing.__name__}) and not name.startswith(rooms)
    ]
    assert missing == []
