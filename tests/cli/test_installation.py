"""`lw.show_config()`, and what `lwfast doctor` says of an installation."""

from __future__ import annotations

import platform
import sys
from pathlib import Path

import pytest

import lwfast as lw
from lwfast._kernels import _mode
from lwfast._kernels.report import kernel_config
from lwfast.cli import doctor, installation
from tests.kernels.twins import needs_native
from tests.started import said_by_python

NATIVE = {"kernels": "compiled ahead of time", "because": "the highest that runs here", "level": "x86-64-v3"}
COMPILED = {"kernels": "compiled by Numba at their first use", "because": "LWFAST_JIT is set"}


def test_show_config(capsys):
    found = lw.show_config(mode="dicts")
    assert capsys.readouterr().out == ""
    assert found["versions"]["lwfast"] == lw.__version__
    assert found["versions"]["Python"] == platform.python_version()
    assert set(installation.NEEDED) < set(found["versions"])
    assert found["kernels"] == kernel_config()
    assert lw.show_config() is None
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if not line.startswith(" ")] == ["versions:", "system:", "kernels:"]
    assert f"  because: {_mode.WHY}" in lines
    assert len(lines) == 3 + sum(map(len, found.values()))
    with pytest.raises(ValueError, match=r"The mode 'print' is unknown; use .stdout. or .dicts.\."):
        lw.show_config("print")


def started(code, **environment):
    return said_by_python(code, **environment)


@needs_native
def test_show_config_says_why():
    code = "import lwfast as lw; lw.show_config()"
    assert f"level: {_mode.LEVEL}" in started(code)
    assert "because: NUMBA_DISABLE_JIT is set" in started(code, NUMBA_DISABLE_JIT="1")
    assert "because: LWFAST_JIT is set" in started(code, LWFAST_JIT="1")
    assert "cannot run: LWFAST_CPU=v9 asks for kernels of a level" in started(code, LWFAST_CPU="v9")
    without = "import sys; sys.modules['numba'] = sys.modules['llvmlite'] = None; " + code
    assert f"level: {_mode.LEVEL}" in started(without)
    assert "cannot run: import of " in started(without, LWFAST_JIT="1")


@pytest.mark.parametrize(
    ("lacking", "kernels", "good", "line"),
    [
        ((), NATIVE, True, "ok   needed: numpy 1, numba 1,"),
        (("numba",), NATIVE, True, f"ok   not installed: numba; {installation.NUMBA_IS_NEEDED}"),
        (("numba", "msgspec"), NATIVE, False, "BAD  not installed: msgspec; install lwfast again"),
        (("numba",), {"cannot run": "no module"}, False, "BAD  not installed: numba; install lwfast again"),
        (("numba",), COMPILED, False, "BAD  not installed: numba; install lwfast again"),
    ],
)
def test_doctor_names_what_is_not_installed(monkeypatch, capsys, lacking, kernels, good, line):
    found = {name: "" if name in lacking else "1" for name in installation.NEEDED}
    monkeypatch.setattr(doctor, "versions", lambda: found)
    monkeypatch.setattr(doctor, "kernels", lambda: kernels)
    assert doctor._installation() is good
    assert line in capsys.readouterr().out


def test_doctor_says_why_kernels_cannot_run(monkeypatch, capsys):
    monkeypatch.setattr(doctor, "kernels", lambda: {"cannot run": "there is no Numba"})
    assert doctor._kernels() is False
    assert capsys.readouterr().out == "BAD  kernels cannot run: there is no Numba\n"


@pytest.fixture
def installed_elsewhere(tmp_path, monkeypatch):
    """An lwfast that pip has installed, in a folder where Python looks last."""
    site = tmp_path / "site-packages"
    (site / "lwfast").mkdir(parents=True)
    (site / "lwfast" / "__init__.py").touch()
    (site / "lwfast-98.7.dist-info").mkdir()
    about = "Metadata-Version: 2.1\nName: lwfast\nVersion: 98.7\n"
    (site / "lwfast-98.7.dist-info" / "METADATA").write_text(about)
    monkeypatch.setattr(sys, "path", [*sys.path, str(site)])
    return site


def test_doctor_says_that_a_checkout_hides_what_is_installed(installed_elsewhere, monkeypatch, capsys):
    checkout = Path(lw.__file__).resolve().parents[1]
    there = f"hides the installed one (lwfast 98.7 in {installed_elsewhere.resolve()})"
    monkeypatch.chdir(checkout)
    doctor._installation()
    line = (
        f"ok   this is the lwfast of the current folder, which {there}; to use that, go to another folder\n"
    )
    assert line in capsys.readouterr().out
    monkeypatch.chdir(installed_elsewhere)
    doctor._installation()
    assert (
        f"ok   this is the lwfast of {checkout}, which {there}; to use that, take " in capsys.readouterr().out
    )


def test_an_editable_installation_hides_nothing(installed_elsewhere, capsys):
    """Its metadata lie apart from its sources."""
    (installed_elsewhere / "lwfast" / "__init__.py").unlink()
    doctor._installation()
    assert "hides" not in capsys.readouterr().out
