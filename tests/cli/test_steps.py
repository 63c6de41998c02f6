"""The walkthrough runner: what is shown is what is run, can be pasted, and a wrong step is a failure."""

import ast
import doctest
import io
from pathlib import Path

import pytest

from lwfast.cli.walkthrough import demo_script
from lwfast.cli.walkthrough.demo_steps import DemoStep, StepFailed, enter, prompted, run_steps


def _step(code, check=lambda ns, value: True, remark=None):
    return DemoStep("title", code, check, remark)


def test_shows_code_and_values():
    """Each statement stands behind its prompt, and the value of an expression below it."""
    out = io.StringIO()
    steps = [
        _step("a = 6\na * 7", lambda ns, value: value == 42),
        _step(
            "for n in (1,\n          2):\n    a += n\na",
            lambda ns, value: value == 9,
            lambda ns: f"It is {ns['a']}.",
        ),
    ]
    run_steps(steps, {}, out)
    assert out.getvalue() == (
        "\n# 1/2 title\n>>> a = 6\n>>> a * 7\n42\n"
        "\n# 2/2 title\n>>> for n in (1,\n...           2):\n...     a += n\n...\n>>> a\n9\n# It is 9.\n"
    )


def test_the_demo_can_be_pasted():
    """The lines behind the prompts are the source, statement by statement."""
    steps = [
        *demo_script.walkthrough_steps(Path("out")),
        *demo_script.full_size_steps(),
        demo_script.timing_step(),
    ]
    assert len(steps) == 7
    for step in steps:
        lines = step.code.splitlines()
        shown = [
            f"{prompt} {line}"
            for statement in ast.parse(step.code).body
            for prompt, line in prompted(lines[statement.lineno - 1 : statement.end_lineno], statement)
        ]
        examples = doctest.DocTestParser().get_examples("\n".join(shown))
        source = "".join(example.source for example in examples)
        assert ast.dump(ast.parse(source)) == ast.dump(ast.parse(step.code))
        assert max(map(len, shown)) <= 100


def test_check_fails():
    """A step whose check says no ends the walkthrough, naming the step and the value."""
    with pytest.raises(StepFailed, match=r"step 1 \(title\) did not do what it should; it gave 41"):
        run_steps([_step("41", lambda ns, value: value == 42)], {}, io.StringIO())


def test_code_raises():
    """A step that raises ends the walkthrough too."""
    with pytest.raises(StepFailed, match="ZeroDivisionError"):
        run_steps([_step("1 / 0")], {}, io.StringIO())


def test_long_values_are_cut():
    """A value of many lines shows its first ones and says how many are left."""
    out = io.StringIO()
    run_steps([_step("class A:\n    def __repr__(self): return 'x\\n' * 40\nA()")], {}, out)
    assert out.getvalue().endswith("... (16 more lines)\n")


def test_long_lines_are_wrapped():
    """A long line is cut between the members of a list; one that has none, or is short enough, is not."""
    out = io.StringIO()
    run_steps([_step("list(range(1000, 1040))"), _step("'x' * 120"), _step("'x, ' * 30")], {}, out)
    lines = out.getvalue().splitlines()
    assert lines[3].startswith("[1000, 1001")
    assert lines[4].startswith("        10")
    assert max(len(line) for line in lines if "xxx" not in line) <= 100
    shown = "".join(line.strip() + " " for line in lines[3 : lines.index("", 3)])
    assert shown.strip() == str(list(range(1000, 1040)))
    assert repr("x" * 120) in lines
    assert repr("x, " * 30) in lines


def test_enter():
    """Statements give None, a last expression its value, nothing nothing."""
    namespace = {}
    assert enter("a = 1", namespace, io.StringIO()) is None
    assert enter("a + 1", namespace, io.StringIO()) == 2
    assert enter("a + 1\na = 3", namespace, io.StringIO()) is None
    assert enter("", namespace, io.StringIO()) is None
