"""Every public name of Lightworks: at the same path with the same signature, or a row in the docs."""

import fnmatch
import importlib
import os
import re
from collections import Counter
from pathlib import Path

import pytest

pytest.importorskip("lightworks")
pytest.importorskip("lightworks_remote")

from benchmarks import coming_from_lightworks as page
from benchmarks.lightworks_names import compared, our_path, public_names

DOCS = Path(os.environ.get("LWFAST_TESTED_SOURCES", Path(__file__).parents[2])) / "docs"


@pytest.fixture(scope="module")
def found():
    return compared()


def _rows(heading):
    """The rows of the table below a heading of the page on compatibility, as lists of cells."""
    text = (DOCS / "compatibility.md").read_text(encoding="utf-8")
    part = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL).group(1)
    lines = [line for line in part.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[2:]]


def _named(cell):
    return re.findall(r"`([^`]+)`", cell)


def test_absent_names_have_a_row(found):
    """And each row is about a name that Lightworks has, and lwfast has not."""
    said = {
        (module, name)
        for row in _rows("Names that are absent")
        for module in _named(row[0])
        for name in _named(row[1])
    }
    assert said == {(each.module, each.name) for each in found if each.kind == "absent"}


def test_signatures_that_differ_have_a_row(found):
    """And each row is about one that differs."""
    differing = {label: how for each in found for label, how in each.differences.items()}
    said = [name for row in _rows("Signatures that differ") for name in _named(row[0])]
    without_row = {
        label: how
        for label, how in differing.items()
        if not any(fnmatch.fnmatchcase(label, name) for name in said)
    }
    assert without_row == {}
    assert [name for name in said if not fnmatch.filter(differing, name)] == []


def test_absent_names_say_what_takes_their_place(found):
    """As an AttributeError where the name is looked up, an ImportError where it is imported."""
    for each in found:
        if each.kind != "absent":
            continue
        path = our_path(each.module)
        with pytest.raises(ImportError, match=r"docs/compatibility\.md"):
            exec(f"from {path} import {each.name}")
        try:
            module = importlib.import_module(path)
        except ModuleNotFoundError:
            continue
        with pytest.raises(AttributeError, match=r"docs/compatibility\.md"):
            getattr(module, each.name)
        assert not hasattr(module, each.name)


def test_every_module_is_there_or_wholly_absent(found):
    kinds = {module: {each.kind for each in found if each.module == module} for module in public_names()}
    for module, of_names in kinds.items():
        if of_names != {"absent"}:
            assert importlib.import_module(our_path(module)).__name__ == our_path(module)


def test_objects_are_the_same_at_every_path():
    """A class has one identity, whatever the path that it was imported from."""
    from lwfast.emulator.components.source import Source
    from lwfast.remote.http import Status
    from lwfast.sdk.circuit.photonic_circuit import PhotonicCircuit
    from lwfast.sdk.state.state import State

    import lwfast as lw

    assert State is lw.State
    assert PhotonicCircuit is lw.PhotonicCircuit is lw.sdk.circuit.PhotonicCircuit
    assert Source is lw.emulator.Source
    assert Status is lw.remote.Status


def test_the_page_is_what_the_script_writes(found):
    """The names on the pages; run `python benchmarks/coming_from_lightworks.py` to write it."""
    coming = (DOCS / "coming_from_lightworks.md").read_text(encoding="utf-8")
    assert page.names_block(found) in coming
    assert page.absent_block() in (DOCS / "compatibility.md").read_text(encoding="utf-8")


def test_most_names_are_there(found):
    counts = Counter(each.kind for each in found)
    assert counts["same"] + counts["more"] > counts["absent"] + counts["different"]
