"""Run a walkthrough whose steps are source text: what is shown is what is run."""

from __future__ import annotations

import ast
import sys
import textwrap
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

Namespace = dict[str, Any]
WIDTH = 92
"""Of a line of a value: with its margin it fits into 100 columns."""


@dataclass(frozen=True)
class DemoStep:
    """One step of a walkthrough.

    Attributes:
        title: What the step is for, in a few words.
        code: Source that is shown and then run; the value of a last expression is shown too.
        check: Given the namespace and that value, returns whether the step did what it should.
        note: A sentence printed above the code.
    """

    title: str
    code: str
    check: Callable[[Namespace, Any], bool]
    note: str = ""


class StepFailed(Exception):  # noqa: N818  (an outcome, told to the user; not a fault of the program)
    """A step did not do what it should."""


def run_steps(steps: Sequence[DemoStep], namespace: Namespace, stream: TextIO | None = None) -> float:
    """Run all steps in order and return the seconds they took.

    Raises:
        StepFailed: The check of a step said no, or its code raised; names the step.
    """
    out = stream or sys.stdout
    began = time.perf_counter()
    for number, step in enumerate(steps, start=1):
        print(f"\n[{number}/{len(steps)}] {step.title}", file=out)
        if step.note:
            print(textwrap.indent(textwrap.fill(step.note, 90), "    "), file=out)
        for line in step.code.splitlines():
            print(f"    >>> {line}", file=out, flush=True)
        try:
            value = execute(step.code, namespace)
        except Exception as error:
            raise StepFailed(
                f"step {number} ({step.title}) raised {type(error).__name__}: {error}"
            ) from error
        if value is not None:
            print(textwrap.indent(_shown(value), "    "), file=out, flush=True)
        if not step.check(namespace, value):
            raise StepFailed(
                f"step {number} ({step.title}) did not do what it should; it gave {_shown(value)}"
            )
    return time.perf_counter() - began


def execute(code: str, namespace: Namespace) -> Any:
    """Run `code` as a prompt does: return the value of a last expression, else None."""
    tree = ast.parse(code)
    last = tree.body[-1] if tree.body else None
    if isinstance(last, ast.Expr):
        tree.body.pop()
    exec(compile(tree, "<demo>", "exec"), namespace)  # noqa: S102  (the source is a constant of this package)
    if not isinstance(last, ast.Expr):
        return None
    return eval(compile(ast.Expression(last.value), "<demo>", "eval"), namespace)  # noqa: S307  (the same)


def _wrapped(line: str) -> list[str]:
    """Cut a line that is too long where a list goes on, so that no value is torn."""
    rest, lines = line, []
    while len(rest) > WIDTH and (cut := rest.rfind(", ", 8, WIDTH)) > 0:
        lines.append(rest[: cut + 1])
        rest = f"        {rest[cut + 2 :].lstrip()}"
    return [*lines, rest]


def _shown(value: Any) -> str:
    text = str(value) if type(value).__module__.startswith("pandas") else repr(value)
    lines = [part for line in text.splitlines() for part in _wrapped(line)]
    return "\n".join([*lines[:24], f"... ({len(lines) - 24} more lines)"] if len(lines) > 24 else lines)
