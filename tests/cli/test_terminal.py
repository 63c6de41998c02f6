"""What the commands print: for a person with colours and within the width, for programs plain and whole."""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.color import Color

from lwfast import cli
from lwfast._base.showing.amounts import several
from lwfast.cli.client.job_rows import COLUMNS, JobRow, as_cells
from lwfast.cli.terminal.screen import ACTIVE, BAD, GOOD, QUIET, plain_lines, print_table, table_of
from lwfast.cli.terminal.wording import duration, moment, seconds_between, shown, when
from tests.cli.test_finding import fake, run
from tests.faults.isolation import folders, ours, quick

__all__ = ["fake", "folders", "ours", "quick", "run"]

HOSTILE = "Dip \x1b[31m[bold]\r\n\x07 :smile: \u202e\udcff"


def rows(name="A name that goes on and on, beyond the end of most lines"):
    return [
        JobRow(17770 + k, "Completed", None, name, "Artemis", "2026-01-02T03:04:05Z", None, None, 1.2)
        for k in (0, 1)
    ]


@pytest.mark.parametrize("width", [120, 80, 60, 50, 40])
def test_a_table_fits_into_its_terminal(width):
    lines = plain_lines(table_of(COLUMNS, as_cells(rows(), local=True), width))
    assert max(map(cell_len, lines)) <= width
    assert ("Created" in lines[0]) is (width >= 80)
    assert all(("…" in line) is (width < 120) for line in lines[1:])
    assert all(str(17770 + k) in lines[1 + k] for k in (0, 1))


def test_nothing_is_cut_elsewhere(capsys):
    print_table(COLUMNS, as_cells(rows("x" * 3000), local=False))
    out = capsys.readouterr().out
    assert "x" * 3000 in out
    assert "\x1b" not in out
    assert all(line == line.rstrip() for line in out.splitlines())


@given(st.text(st.characters(), max_size=40))
def test_nothing_that_is_shown_moves_the_cursor(text):
    safe = shown(text)
    assert safe.isprintable()
    assert safe == text or not text.isprintable()


def test_names_cannot_colour_or_fake_the_table(run, ours, monkeypatch):
    """Codes, markup and half characters in a name are shown, not obeyed."""
    ours.add(
        {"job_name": HOSTILE.replace("\udcff", ""), "qpu": "Artemis", "input": [1, 0]}, status="Completed"
    )
    for is_terminal in (False, True):
        monkeypatch.setattr(sys.stdout, "isatty", lambda answer=is_terminal: answer)
        monkeypatch.setenv("COLUMNS", "140")
        code, out, _ = run("jobs")
        assert code == 0
        line = out.splitlines()[1]
        assert r"Dip \x1b[31m[bold]\r\n\x07 :smile: \u202e" in line
        assert len(out.splitlines()) == 2


@pytest.mark.parametrize(("no_color", "coloured"), [(None, True), ("1", False)])
def test_colours_are_for_terminals_only(monkeypatch, no_color, coloured):
    """And for those who want them."""

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    cells = as_cells([JobRow(1, "Failed", None, "n", "q", None, None, None, None)], local=True)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    if no_color is not None:
        monkeypatch.setenv("NO_COLOR", no_color)
    for stream, is_coloured in ((Terminal(), coloured), (io.StringIO(), False)):
        monkeypatch.setattr(sys, "stdout", stream)
        print_table(COLUMNS, cells)
        assert ("\x1b[38;5;196mFailed" in stream.getvalue()) is is_coloured


def luminance(colour):
    """The relative luminance of WCAG 2."""
    red, green, blue = (
        part / 12.92 if (part := value / 255) <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4
        for value in colour
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("style", [GOOD, ACTIVE, BAD, QUIET])
@pytest.mark.parametrize(
    "ground",
    [(255, 255, 255), (0, 0, 0), (0x1E, 0x1E, 0x1E), (0, 0x2B, 0x36), (0xFD, 0xF6, 0xE3)],
    ids=["white", "black", "grey", "dark blue", "cream"],
)
def test_colours_can_be_read_on_light_and_dark_grounds(style, ground):
    """The contrast is 3, as for large text: what a colour says is also said in words."""
    ours, theirs = luminance(Color.parse(style).get_truecolor()), luminance(ground)
    assert (max(ours, theirs) + 0.05) / (min(ours, theirs) + 0.05) >= 3


def test_styles_are_taken_from_one_place():
    """Names of colours stand nowhere else in the commands."""
    words = re.compile(r"\"(?:bold |dim )*(?:green|cyan|red|yellow|blue|magenta|white|black)\"")
    folder = Path(cli.__file__).parent
    assert [
        str(path) for path in folder.rglob("*.py") if words.search(path.read_text(encoding="utf-8"))
    ] == []


def test_jobs_as_json(run, ours):
    ours.add({"job_name": "φ", "qpu": "Artemis", "input": [1]}, status="Completed")
    code, out, _ = run("jobs", "--json")
    assert code == 0
    assert out.isascii()
    (found,) = json.loads(out)
    assert found["id"] == 17770
    assert found["name"].startswith("φ")
    assert found["status"] == "Completed"
    assert set(found) == {
        "id",
        "status",
        "queue_position",
        "name",
        "qpu",
        "created",
        "started",
        "finished",
        "seconds",
        "owner",
    }
    assert json.loads(run("job", "17770", "--json")[1])["samples"] == 100
    assert json.loads(run("qpus", "--json")[1])[0]["n_modes"] == 20
    assert json.loads(run("result", "17770", "--json")[1])["samples"] == 100
    assert json.loads(run("jobs", "--name", "none", "--json")[1]) == []


def test_names_are_patterns(run, ours):
    """Of 1,200 jobs, on more than one page; a name that looks like a pattern stands for itself."""
    for k in range(1200):
        ours.add(
            {"job_name": f"HOM {k}" if k % 3 else f"Dip {k}", "qpu": "Artemis", "input": [1]},
            status="Completed",
        )
    ours.add({"job_name": "HOM[1]*", "qpu": "Artemis", "input": [1]}, status="Completed")
    found = json.loads(run("jobs", "--name", "HOM *", "--limit", "5000", "--json")[1])
    assert len(found) == 800
    assert [job["id"] for job in found] == sorted((job["id"] for job in found), reverse=True)
    assert json.loads(run("jobs", "--name", "Dip ?", "--json")[1]) == []  # `*` is the only wildcard
    assert len(json.loads(run("jobs", "--name", "dip 33*", "--json")[1])) == 5
    assert len(json.loads(run("jobs", "--name", "HOM*", "--limit", "7", "--json")[1])) == 7
    assert [job["name"] for job in json.loads(run("jobs", "--name", "HOM[1]*", "--json")[1])] == ["HOM[1]*"]
    assert [job["name"] for job in json.loads(run("jobs", "--name", "Dip 3", "--json")[1])] == ["Dip 3"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, ""),
        (0, "0.00s"),
        (0.344, "0.34s"),
        (12.34, "12.3s"),
        (59.97, "1m00s"),
        (185, "3m05s"),
        (7380, "2h03m"),
    ],
)
def test_durations(seconds, text):
    assert duration(seconds) == text


def test_times():
    assert when("2026-01-02T03:04:05.678901Z", local=False) == "2026-01-02T03:04:05Z"
    assert when("2026-01-02T03:04:05+02:00", local=False) == "2026-01-02T01:04:05Z"
    assert when("soon\x1b", local=True) == "soon\\x1b"
    assert when(None, local=True) == ""
    assert moment(7) is None
    assert seconds_between("2026-01-02T03:04:05Z", "2026-01-02T03:04:07Z") == 2
    assert seconds_between(None, "2026-01-02T03:04:07Z") is None


def test_one_and_several():
    assert [several(n, "outcome") for n in (0, 1, 2, 1000)] == [
        "0 outcomes",
        "1 outcome",
        "2 outcomes",
        "1,000 outcomes",
    ]
