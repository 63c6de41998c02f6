"""What users read is plain English: argument descriptions say something, and some phrases do not occur.

The phrases are those that writers of other languages bring with them ("is no integer", "allows to fill"), and
rates without "per". They are looked for in the pages, the docstrings, the texts of errors and commands, and
the templates of the dashboard.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import os
import re
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

import lwfast
from tests.faces import FACES

ROOT = Path(lwfast.__file__).parent
SOURCES = Path(os.environ.get("LWFAST_TESTED_SOURCES", Path(__file__).parents[1]))
MODULES = (*FACES, "lwfast.circuit", "lwfast.tasks", "lwfast.wire", "lwfast.errors")
LEAST_WORDS = 4
"""Words that the description of an argument has at least."""

_PARTS = "second|minute|hour|day|row|mode|state|setting|step|core|sample|shot|task|entry|job|process|element"
_COUNTED = (
    r"values?|ones?|entr(?:y|ies)|rows?|columns?|ticks?|counts?|bytes|[nµm]s|samples|settings|jobs|requests|"
    r"[kMG]i?B|lines?|multiply-adds|operations"
)
PHRASES = {
    r"(?<![Tt]here )\b(?:is|are|was|were) no (?!longer|more|less|later|larger|smaller)[a-z`]": "is not a",
    r"\b(?:is|are) none\b": "is not one, are not any",
    r"\bnone of it\b": "nothing of it",
    r"\ballows? to\b": "lets you, makes it possible to",
    r"\b(?:told|tells?) of\b": "say, describe",
    r"\bmend(?:s|ed|ing)?\b": "correct, repair",
    r"\bbelongs? into\b": "belongs in",
    r"\bleaves? (?:it|them|out|`[^`]*`|\w+=\w+) away\b": "leave out",
    r"\b[Hh]ow many\.(?=\s|$)": "Number of ...",
    r"\binside of\b": "within",
    r"\bas ever\b": "as before",
    r"\bbe it\b": "whether",
    r"(?:^|[.;:,] )(?:[Ww]ere|[Ss]hould) (?:it|they|there|this|that|one)\b": "if",
    rf"\b(?:{_COUNTED}) an? (?:{_PARTS})\b(?! (?:has|is|was|that|of))": "per",
}
"""Each phrase that is not used, as a pattern, and what to write instead."""


def found_in(text: str) -> list[str]:
    """Return the phrases in a text that users should not meet, each with what to write instead."""
    text = " ".join(text.split())
    return [
        f"{match[0]!r} in ...{text[max(0, match.start() - 40) : match.end() + 40]}..., rather {instead}"
        for pattern, instead in PHRASES.items()
        for match in re.finditer(pattern, text)
    ]


def descriptions(docstring: str) -> Iterator[tuple[str, str]]:
    """Yield name and description of each entry below `Args:` and `Attributes:`."""
    lines = inspect.cleandoc(docstring).splitlines()
    for at, line in enumerate(lines):
        if line not in ("Args:", "Attributes:"):
            continue
        entry = ""
        for inner in [*lines[at + 1 :], "end"]:
            starts = re.match(r"    \S", inner)
            if entry and (starts or not inner.startswith("    ")):
                name, _, said = entry.partition(": ")
                yield name, said
                entry = ""
            if inner and not inner.startswith("    "):
                break
            entry = f"{entry} {inner.strip()}".strip()


def public_things() -> Iterator[tuple[str, str]]:
    """Yield name and docstring of what users can reach: functions, classes and their members, once each."""
    seen: set[int] = set()
    for face in MODULES:
        module = importlib.import_module(face)
        for name in getattr(module, "__all__", None) or dir(module):
            value = getattr(module, name)
            if name.startswith("_") or isinstance(value, types.ModuleType):
                continue
            thing = value if inspect.isclass(value) or inspect.isroutine(value) else type(value)
            yield from _thing(f"{face}.{name}", thing, seen)


def _thing(label: str, thing: object, seen: set[int]) -> Iterator[tuple[str, str]]:
    if id(thing) in seen or not str(getattr(thing, "__module__", "")).startswith("lwfast"):
        return
    seen.add(id(thing))
    text = vars(thing).get("__doc__") if inspect.isclass(thing) else getattr(thing, "__doc__", None)
    if text:
        yield label, text
    for name in dir(thing) if inspect.isclass(thing) else ():
        member = inspect.getattr_static(thing, name, None)
        member = getattr(member, "__func__", getattr(member, "fget", member))
        if not name.startswith("_") and inspect.isroutine(member):
            yield from _thing(f"{label}.{name}", member, seen)


PUBLIC = dict(public_things())


def test_every_argument_is_described_in_a_few_words_at_least():
    entries = [(label, *entry) for label, text in PUBLIC.items() for entry in descriptions(text)]
    short = [entry for entry in entries if len(entry[2].split()) < LEAST_WORDS]
    assert short == []
    assert len(entries) > 500


def docstrings() -> Iterator[tuple[str, str]]:
    """Yield place and text of each docstring; those of kernels are notes for whoever changes them."""
    for path in sorted(ROOT.rglob("*.py")):
        if "_kernels" not in path.relative_to(ROOT).parts:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                    name = f"{path.relative_to(ROOT)}:{getattr(node, 'name', '')}"
                    yield name, ast.get_docstring(node) or ""


def test_arguments_inside_are_described_in_a_few_words_too():
    """What a name does not say: the shape and type of an array, a unit, what None takes."""
    entries = [(name, *entry) for name, text in docstrings() for entry in descriptions(text)]
    assert [entry for entry in entries if len(entry[2].split()) < LEAST_WORDS] == []
    assert len(entries) > 2000


def test_docstrings_are_plain_english():
    found = {name: found_in(text) for name, text in docstrings()}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
    assert len(found) > 2000


def test_first_lines_of_properties_have_no_colon():
    """Sphinx would show what stands before it as the type of the property."""
    found = [
        f"{path.relative_to(ROOT)}:{node.name}"
        for path in sorted(ROOT.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and "property" in map(ast.unparse, node.decorator_list)
        if ":" in re.sub(r"`[^`]*`", "", (ast.get_docstring(node) or "").partition("\n")[0])
    ]
    assert found == []


@pytest.mark.skipif(not (SOURCES / "docs").is_dir(), reason="needs the sources of the documentation")
def test_pages_are_plain_english():
    pages = [SOURCES / "README.md", *sorted((SOURCES / "docs").rglob("*.md"))]
    texts = {page.relative_to(SOURCES): page.read_text(encoding="utf-8") for page in pages}
    assert len(texts) > 30
    assert {name: found for name, text in texts.items() if (found := found_in(text))} == {}


def texts_of(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the texts of a module that are not docstrings and have a blank, with their lines."""
    beside = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in beside
        if is_text and " " in node.value.strip():
            yield node.lineno, node.value


def test_messages_and_commands_are_plain_english():
    found = {
        f"{path.relative_to(ROOT)}:{line}": wrong
        for path in sorted(ROOT.rglob("*.py"))
        for line, text in texts_of(ast.parse(path.read_text(encoding="utf-8")))
        if (wrong := found_in(text))
    }
    assert found == {}


def test_the_dashboard_is_plain_english():
    files = [path for end in ("html", "js") for path in sorted(ROOT.rglob(f"*.{end}"))]
    assert len(files) > 10
    assert {path.name: wrong for path in files if (wrong := found_in(path.read_text(encoding="utf-8")))} == {}


@pytest.mark.parametrize(
    ("text", "n_found"),
    [
        ("`n` is no integer.", 1),
        ("There is no file 'x'.", 0),
        ("It is no longer than a line.", 0),
        ("A bool is none.", 1),
        ("Parse it, which allows to fill the table.", 1),
        ("There is a column a mode.", 1),
        ("Return the rows of a mode.", 0),
        ("It takes 3 ns a row.", 1),
        ("It takes 3 ns per row.", 0),
        ("Say what the file tells of itself.", 1),
        ("How many.", 1),
        ("Say how many.  Then go on.", 1),
        ("Does it say how many? It does.", 0),
        ("Were it longer, it would be cut.", 1),
        ("There were one or two.", 0),
        ("Leave metadata=True away.", 0),
        ("leave metadata=True away", 1),
    ],
)
def test_what_is_found(text, n_found):
    assert len(found_in(text)) == n_found


def test_what_is_a_description():
    text = "Do it.\n\n    Args:\n        n_modes: Number of\n            modes.\n        *rest: All.\n\n"
    assert list(descriptions(text)) == [("n_modes", "Number of modes."), ("*rest", "All.")]
