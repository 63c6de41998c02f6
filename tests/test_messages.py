"""Errors and warnings speak in sentences: a capital letter first, a period at the end.

A sentence may begin with what the caller wrote: a value, something in backticks or quotes, an option, or a
name, that is a word with an underscore, or one that its file has as a parameter or a function (so `rng`, a
property). The text of a private error is not looked at: it completes a sentence of whoever catches it. A
sentence that ends in the words of another error passes them through `ended`; a list may follow a colon.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import lwfast
from lwfast import errors

ROOT = Path(lwfast.__file__).parent
FILES = sorted(path.relative_to(ROOT) for path in ROOT.rglob("*.py"))
EXCEPTIONS = {
    name
    for module in (builtins, errors)
    for name in dir(module)
    if isinstance(value := getattr(module, name), type) and issubclass(value, BaseException)
}
PLACEHOLDER = "\0"
"""Stands in a text for what is only known when it is made."""
ENDED = "\1"
"""Stands for the words of another error, which `ended` gives their period."""
ENDS = (".", "?", ".)", '."', ENDED)

Function = ast.FunctionDef | ast.AsyncFunctionDef


def texts_of(node: ast.expr, known: dict[str, list[ast.expr]]) -> list[str]:
    """Return the texts that an expression can be, none for what is no text here."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.JoinedStr(values=values):
            return ["".join(v.value if isinstance(v, ast.Constant) else _placeholder(v) for v in values)]
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            ends = texts_of(right, known) or [PLACEHOLDER]
            return [start + end for start in texts_of(left, known) or [PLACEHOLDER] for end in ends]
        case ast.IfExp(body=body, orelse=orelse):
            return texts_of(body, known) + texts_of(orelse, known)
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(text)), attr="format")):
            # Formats put their values where the braces are; what is in them says nothing of the sentence.
            return ["".join(PLACEHOLDER if "{" in part else part for part in _split(text))]
        case ast.Name(id=name):
            return [text for value in known.get(name, []) for text in texts_of(value, {})]
        case _:
            return []


def _placeholder(part: ast.expr) -> str:
    value = getattr(part, "value", None)
    is_ended = isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "ended"
    return ENDED if is_ended else PLACEHOLDER


def _split(text: str) -> list[str]:
    """Return the parts of a format string, each of its fields by itself."""
    parts, rest = [], text
    while "{" in rest:
        before, _, rest = rest.partition("{")
        _, _, rest = rest.partition("}")
        parts += [before, "{}"]
    return [*parts, rest]


def messages(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the line and the text of each error that is raised with a text, and of each warning."""

    def visit(node: ast.AST, known: dict[str, list[ast.expr]]) -> Iterator[tuple[int, str]]:
        if isinstance(node, Function):
            known = dict(known)
            for inner in ast.walk(node):
                if isinstance(inner, ast.Assign) and isinstance(inner.targets[0], ast.Name):
                    known[inner.targets[0].id] = [*known.get(inner.targets[0].id, []), inner.value]
        call = node.exc if isinstance(node, ast.Raise) else node
        if isinstance(call, ast.Call) and call.args:
            function = call.func
            name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            is_error = name in EXCEPTIONS or (name.endswith("Error") and not name.startswith("_"))
            if is_error if isinstance(node, ast.Raise) else ast.unparse(function) == "warnings.warn":
                for text in texts_of(call.args[0], known):
                    yield node.lineno, text
        for child in ast.iter_child_nodes(node):
            yield from visit(child, known)

    top: dict[str, list[ast.expr]] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            top[node.targets[0].id] = [node.value]
    yield from visit(tree, top)


def names_in(tree: ast.Module) -> set[str]:
    """Return the parameters and functions of a file."""
    nodes = list(ast.walk(tree))
    parameters = {node.arg for node in nodes if isinstance(node, ast.arg)}
    return parameters | {node.name for node in nodes if isinstance(node, ast.FunctionDef)}


def fault_of(text: str, names: set[str]) -> str | None:
    """Say what keeps a text from being a sentence."""
    if " has no attribute " in text:
        return None  # Python ends it, and asks "Did you mean ...?" behind its own period
    # A list may follow, a line for each of its parts.
    if not text.rstrip().endswith(ENDS) and ":\n" not in text:
        return "no period at its end"
    word = re.match(r"\w+", text)
    if word and text[0].islower() and "_" not in word[0] and word[0] not in names:
        return "no capital letter at its beginning"
    return None


def faults(path: Path) -> list[str]:
    """List what is no sentence in a file."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    names = names_in(tree)
    return [
        f"{path}:{line}: {fault}: {text.replace(PLACEHOLDER, '...').replace(ENDED, '...')!r}"
        for line, text in messages(tree)
        if (fault := fault_of(text, names))
    ]


@pytest.mark.parametrize("room", sorted({path.parts[0] for path in FILES}))
def test_errors_are_sentences(room: str) -> None:
    """Every text that an error is raised with, or that warns, is a sentence."""
    found = [fault for path in FILES if path.parts[0] == room for fault in faults(path)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('raise ValueError("Too many.")', []),
        ('raise ValueError("too many.")', ["no capital letter at its beginning"]),
        ('raise ValueError("Too many")', ["no period at its end"]),
        ('raise ValueError(f"{n} are too many.")', []),
        ('raise ValueError(f"At most {n}")', ["no period at its end"]),
        ('raise ValueError(f"It says: {ended(n)}")', []),
        ('raise ValueError(f"These cannot be read:\\n{n}")', []),
        ('warnings.warn("too many.", stacklevel=2)', ["no capital letter at its beginning"]),
        ('warnings.warn(f"At most {n}", stacklevel=2)', ["no period at its end"]),
        ('raise ValueError("`n` is too large.")', []),
        ('raise ValueError("n is too large.")', []),
        ('raise ValueError("n_modes is too large.")', []),
        ('msg = f"of {n}."\n    raise ValueError(msg)', ["no capital letter at its beginning"]),
        ('raise ValueError("it is {} now.".format(n))', ["no capital letter at its beginning"]),
        ('raise ValueError("A " + "b")', ["no period at its end"]),
        ('raise ValueError("A." if n else "b.")', ["no capital letter at its beginning"]),
        ("raise ValueError(str(n))", []),
    ],
)
def test_what_is_a_sentence(source: str, expected: list[str]) -> None:
    """The test itself sees texts in all forms, however they reach the error."""
    tree = ast.parse(f"def f(n):\n    {source}")
    found = [fault_of(text, names_in(tree)) for _, text in messages(tree)]
    assert [fault for fault in found if fault] == expected
