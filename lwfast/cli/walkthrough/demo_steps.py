"""Run a walkthrough whose steps are source text: what is shown is what is run, as at Python's prompt."""

from __future__ import annotations

import ast
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

Namespace = dict[str, Any]
WIDTH = 92
"""Of a line of a value."""
MOST_LINES = 24
"""Of a value."""


@dataclass(frozen=True)
class DemoStep:
    """One step of a walkthrough.

    Attributes:
        title: What the step is for, in a few words.
        code: Source that is shown and run, a statement after the other; values of expressions are shown, too.
        check: Given the namespace and the last value, returns whether the step did what it should.
        remark: Given the namespace, returns a sentence to print below; None for none.
    """

    title: str
    code: str
    check: Callable[[Namespace, Any], bool]
    remark: Callable[[Namespace], str] | None = None


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
        print(f"\n# {number}/{len(steps)} {step.title}", file=out)
        try:
            value = enter(step.code, namespace, out)
        except Exception as error:
            raise StepFailed(
                f"step {number} ({step.title}) raised {type(error).__name__}: {error}"
            ) from error
        if not step.check(namespace, value):
            raise StepFailed(
                f"step {number} ({step.title}) did not do what it should; it gave {_shown(value)}"
            )
        if step.remark is not None:
            print(f"# {step.remark(namespace)}", file=out)
    return time.perf_counter() - began


def enter(code: str, namespace: Namespace, out: TextIO) -> Any:
    """Enter source at a prompt: show each statement, run it, and show its value.

    Args:
        code: The source that is shown and executed.
        namespace: What its names are looked up in.
        out: Where it is shown.

    Returns:
        The value of the last statement, None where that is not an expression.
    """
    lines = code.splitlines()
    value = None
    for statement in ast.parse(code).body:
        for prompt, line in prompted(lines[statement.lineno - 1 : statement.end_lineno], statement):
            print(f"{prompt} {line}".rstrip(), file=out, flush=True)
        if isinstance(statement, ast.Expr):
            source = compile(ast.Expression(statement.value), "<demo>", "eval")
            value = eval(source, namespace)  # noqa: S307  (the source is a constant of this package)
            if value is not None:
                print(_shown(value), file=out, flush=True)
        else:
            source = compile(ast.Module([statement], []), "<demo>", "exec")
            exec(source, namespace)  # noqa: S102  (the same)
            value = None
    return value


def prompted(lines: Sequence[str], statement: ast.stmt) -> list[tuple[str, str]]:
    """Return the lines of a statement with their prompts; an empty line ends a block."""
    shown = [(">>>" if number == 0 else "...", line) for number, line in enumerate(lines)]
    return [*shown, ("...", "")] if hasattr(statement, "body") else shown


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
    left = len(lines) - MOST_LINES
    return "\n".join([*lines[:MOST_LINES], f"... ({left} more lines)"] if left > 0 else lines)
