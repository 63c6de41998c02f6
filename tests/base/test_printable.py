"""Messages about names that no encoding has can be printed."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

import lwfast as lw
from lwfast import remote
from lwfast._texts import is_unicode, printable
from lwfast.cli import main
from lwfast.errors import CampaignError
from lwfast.results import SamplingResult
from tests.marks import posix


def test_halves_of_surrogate_pairs_become_escapes():
    assert printable("a\ud800b\udcff") == r"a\ud800b\udcff"
    assert printable("φ, 𝜑\n") == "φ, 𝜑\n"
    assert (is_unicode("φ𝜑"), is_unicode("\ud800")) == (True, False)


@pytest.mark.parametrize("error", [lw.LightworksError, remote.LightworksRemoteError, lw.ResourceLimitError])
def test_every_error_can_be_printed(error):
    assert str(error("a\ud800")) == r"a\ud800"
    assert str(error("a")) == "a"
    assert str(remote.ConnectionFailedError("x\ud800")) == r"x\ud800"


@posix
def test_errors_about_files_whose_names_are_no_text(tmp_path):
    """Bytes of a name that are not Unicode reach Python as halves of surrogate pairs."""
    name = os.fsdecode(os.fsencode(tmp_path / "x") + b"\xff")
    for ending in (".npz", ".csv", ".json"):
        Path(name + ending).write_text("[1")
    for call, error in (
        (lambda: lw.load_result(name + ".npz"), lw.ResultFormatError),
        (lambda: lw.load_result(name + ".csv"), lw.ResultFormatError),
        (lambda: lw.scan_results(name + ".npz").merge(), CampaignError),
        (lambda: lw.scan_results(name + "none"), FileNotFoundError),
        (lambda: lw.scan_results(name + "none*"), FileNotFoundError),
        (lambda: remote.load_job_from_file(name), remote.JobFileError),
        (lambda: remote.load_job_from_file(name + "none"), FileNotFoundError),
        (lambda: SamplingResult({(1,): 1}).save(name + ".txt"), ValueError),
    ):
        with pytest.raises(error) as caught:
            call()
        assert str(caught.value).encode()


@posix
def test_the_command_line_prints_what_a_terminal_cannot_show(tmp_path, monkeypatch):
    """Also where the terminal has no Unicode."""
    name = os.fsdecode(os.fsencode(tmp_path / "φ") + b"\xff.json")
    SamplingResult({(0, 1): 5}).save(name)
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", out)
    assert main(["process", name, "--out", name + ".csv"]) == 0
    out.flush()
    assert rb"\u03c6\udcff.json.csv" in out.buffer.getvalue()
