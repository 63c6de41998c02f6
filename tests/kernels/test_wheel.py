"""What the build hook puts into a wheel, where nothing is compiled, and what it says."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("hatchling", reason="the build backend is not installed")

# tox runs a copy of the tests, and says where it is from.
SOURCES = Path(os.environ.get("LWFAST_TESTED_SOURCES", Path(__file__).parents[2]))
pytestmark = pytest.mark.skipif(
    not (SOURCES / "tools" / "native").exists(), reason="tools/native is not here"
)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """Return a copy of what is built, with an extension beside the sources."""
    root = tmp_path_factory.mktemp("checkout")
    for name in ("lwfast", "tools"):
        shutil.copytree(SOURCES / name, root / name, ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(SOURCES / name, root)
    (root / "lwfast" / "_kernels" / "_native.abi3.so").write_bytes(b"of this machine")
    return root


def build(checkout, target, out, **environment):
    return subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(out)],
        cwd=checkout,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize(
    ("environment", "reason"),
    [
        ({"LWFAST_NATIVE": "0"}, "LWFAST_NATIVE=0 is set"),
        ({"LWFAST_NATIVE": "", "CC": "/none/cc"}, "there is no C compiler"),
    ],
)
def test_a_pure_wheel(checkout, tmp_path, environment, reason):
    done = build(checkout, "wheel", tmp_path, **environment)
    assert done.returncode == 0, done.stderr
    said = done.stdout + done.stderr
    assert "lwfast: Numba will compile the kernels at their first use" in said
    assert reason in said
    (wheel,) = tmp_path.iterdir()
    assert wheel.name.endswith("-py3-none-any.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "lwfast/_kernels/_mode.py" in names
    assert not [name for name in names if name.endswith((".so", ".part"))]


def test_a_wheel_that_has_to_hold_kernels(checkout, tmp_path):
    done = build(checkout, "wheel", tmp_path, LWFAST_NATIVE="1", CC="/none/cc")
    assert done.returncode != 0
    assert "there is no C compiler" in done.stdout + done.stderr
    assert not list(tmp_path.iterdir())


def test_sources(checkout, tmp_path):
    """They hold what builds kernels, and nothing that was built."""
    done = build(checkout, "sdist", tmp_path)
    assert done.returncode == 0, done.stderr
    (archive,) = tmp_path.iterdir()
    with tarfile.open(archive) as opened:
        names = {name.partition("/")[2] for name in opened.getnames()}
    there = {path.relative_to(SOURCES).as_posix() for path in (SOURCES / "tools" / "native").glob("*.[cp]*")}
    assert "tools/native/kernels.c" in there
    assert there - {"tools/native/__pycache__"} <= names
    assert not [name for name in names if name.endswith(".so")]
