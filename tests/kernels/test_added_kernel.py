"""A stranger adds a kernel, as `docs/architecture.md` says, to a copy of the package."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import lwfast

# tox runs a copy of the tests, and says where it is from.
SOURCES = Path(os.environ.get("LWFAST_TESTED_SOURCES", Path(__file__).parents[2]))
TOOLS = SOURCES / "tools" / "native"

KERNEL = '''
"""A kernel that a test adds."""

import numpy as np

from lwfast._kernels._jit import jit


@jit("const float64[:], float64[:], int64")
def added(given, out, what):
    """Write running totals, and return how many there are and their squares; `what` asks for errors."""
    if what == 1:
        raise ValueError("A total is below zero.")
    if what == 2:
        raise OverflowError
    if what == 3:
        raise ValueError(given.size)
    if what == 4:
        return given.size, np.empty(1 << 50)
    total = 0.0
    for k in range(given.size):
        total += given[k]
        out[k] = total
    return given.size, out * out
'''

CALLS = """
import numpy as np
from lwfast._kernels import _mode
from lwfast._kernels.optics.added import added
print(_mode.MODE)
given, out = np.array([1.0, 2.0, 4.0]), np.zeros(3)
given.flags.writeable = False
count, squares = added(given, out, 0)
print(count, out.tolist(), squares.tolist(), squares.flags.writeable)
for arguments in [(given, out, 1), (given, out, 2), (given, out, 3), (given, out, 4),
                  (given, given, 0), (given, out), (given, out, 0.5)]:
    try:
        added(*arguments)
    except Exception as error:
        print(type(error).__name__, *error.args)
"""

ANSWERS = """native
3 [1.0, 3.0, 7.0] [1.0, 9.0, 49.0] True
ValueError A total is below zero.
OverflowError
ValueError a value that only LWFAST_JIT=1 shows
MemoryError Allocation failed (probably too large).
TypeError The kernel optics.added.added takes for its argument 2, out, a writable, C-contiguous, aligned \
array of float64 in 1 dimensions; it was given an array of float64 in 1 dimensions (read-only, contiguous, \
aligned).
TypeError The kernel optics.added.added takes 3 arguments; 2 were given.
TypeError The kernel optics.added.added takes for its argument 3, what, a number, int64; it was given 0.5, \
a float.
"""


def reason_not_to_build():
    if not TOOLS.exists():
        return "tools/native is not here"
    code = "import build_extension as b; print(b.why_not() or b.no_compiler())"
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(TOOLS)!r}); {code}"]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.strip()


@pytest.fixture(scope="module")
def builder():
    if reason := reason_not_to_build():
        pytest.skip(reason)
    sys.path.insert(0, str(TOOLS))
    try:
        import build_extension
    finally:
        sys.path.remove(str(TOOLS))
    return build_extension


@pytest.fixture(scope="module")
def built(builder, tmp_path_factory):
    """Build the same in two folders whose paths are not alike, and return the two extensions."""
    found = []
    for name in ("one", "another_with_a_longer_name"):
        root = tmp_path_factory.mktemp(name)
        package = Path(lwfast.__file__).parent
        shutil.copytree(package, root / "lwfast", ignore=shutil.ignore_patterns("*.so", "__pycache__"))
        shutil.copytree(TOOLS, root / "tools" / "native", ignore=shutil.ignore_patterns("__pycache__"))
        (root / "lwfast" / "_kernels" / "optics" / "added.py").write_text(KERNEL, encoding="utf-8")
        command = [sys.executable, str(root / "tools/native/build_extension.py"), builder.own_levels()[0]]
        environment = {name: text for name, text in os.environ.items() if name not in MODES}
        done = subprocess.run(
            [*command, "--only", "optics.added"],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=500,
        )
        assert done.returncode == 0, done.stderr
        assert re.fullmatch(r"lwfast/_kernels/_native.abi3.so: \S+, \d+ KiB, \d+ s\n", done.stdout)
        found.append(root / "lwfast" / "_kernels" / builder.MODULE)
    return found


MODES = {"NUMBA_DISABLE_JIT", "LWFAST_JIT", "LWFAST_CPU", "LWFAST_SIMD"}


@pytest.mark.slow
def test_a_kernel_is_added(builder, built):
    environment = {name: text for name, text in os.environ.items() if name not in MODES}
    environment |= {"PYTHONPATH": str(built[0].parents[2]), "LWFAST_CPU": builder.own_levels()[0]}
    done = subprocess.run(
        [sys.executable, "-c", CALLS],
        env=environment,
        cwd=built[0].parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.stdout, done.stderr) == (ANSWERS, "")


@pytest.mark.slow
def test_a_build_can_be_repeated(built):
    assert built[0].read_bytes() == built[1].read_bytes()


@pytest.mark.slow
def test_an_extension_names_no_folder_of_the_machine_that_built_it(built):
    content = built[0].read_bytes()
    assert b"optics.added.added" in content
    for folder in (sys.prefix, sys.base_prefix, str(built[0].parents[2]), str(TOOLS), str(Path.home())):
        assert folder.encode() not in content
    assert not re.search(rb"/[\w./-]+\.py\b", content)


@pytest.mark.slow
def test_a_prefix_that_no_kernel_has(builder, tmp_path):
    with pytest.raises(builder.BuildError, match=r"No kernel has a name that begins with optics\.ovens\."):
        builder.build(tmp_path / "none.so", builder.own_levels()[:1], only="optics.ovens")
