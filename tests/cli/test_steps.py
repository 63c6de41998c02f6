"""The walkthrough runner: what is shown is what is run, and a wrong step is a failure."""

import io

import pytest

from lwfast.cli.demo_steps import DemoStep, StepFailed, execute, run_steps


def _step(code, check=lambda ns, value: True, note=""):
    return DemoStep("title", code, check, note)


def test_shows_code_and_value():
    """The source and the value of its last expression are printed, step by step."""
    out = io.StringIO()
    run_steps([_step("a = 6\na * 7", lambda ns, value: value == 42), _step("b = a", note="A note.")], {}, out)
    assert out.getvalue() == (
        "\n[1/2] title\n    >>> a = 6\n    >>> a * 7\n    42\n\n[2/2] title\n    A note.\n    >>> b = a\n"
    )


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
    assert lines[3].startswith("    [1000, 1001")
    assert lines[4].startswith("            10")
    assert max(len(line) for line in lines if "xxx" not in line) <= 100
    shown = "".join(line.strip() + " " for line in lines[3 : lines.index("", 3)])
    assert shown.strip() == str(list(range(1000, 1040)))
    assert f"    {'x' * 120!r}" in lines
    assert f"    {'x, ' * 30!r}" in lines


def test_execute():
    """Statements give None, a last expression its value, nothing nothing."""
    namespace = {}
    assert execute("a = 1", namespace) is None
    assert execute("a + 1", namespace) == 2
    assert execute("", namespace) is None
