"""Settings of all tests."""

from __future__ import annotations

import os
import sys

import pytest
from hypothesis import settings

# No deadline: the first example of a test may compile a kernel.
settings.register_profile("default", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")

CALLS_OF_PYTHON = pytest.StashKey[list[str]]()
CALLED_ELSEWHERE = pytest.StashKey[list[tuple[set[tuple[str, str]], set[str]]]]()


@pytest.fixture(autouse=True)
def _no_figure_stays_open():
    """Close what a test has drawn: of more than twenty open figures in a process matplotlib warns."""
    yield
    # A test may have ended in the middle of an import.
    close = getattr(sys.modules.get("matplotlib.pyplot"), "close", None)
    if close is not None:
        close("all")


def pytest_addoption(parser):
    parser.addoption(
        "--every-signature",
        action="store_true",
        help="with LWFAST_JIT=1: fail where a signature was never called, as the whole suite does",
    )


def _are_compiled_here():
    from lwfast._kernels import _mode

    return _mode.MODE == "numba"


def pytest_configure(config):
    if _are_compiled_here():
        from tests.kernels import calls_of_python

        calls_of_python.listen()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node, error):
    """Take over what a process of pytest-xdist has compared."""
    called, unfit = getattr(node, "workeroutput", {}).get("calls_of_python", ((), ()))
    node.config.stash.setdefault(CALLED_ELSEWHERE, []).append(({tuple(pair) for pair in called}, set(unfit)))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    """Compare what Python called kernels with to their signatures; see `tests/kernels/calls_of_python.py`."""
    config = session.config
    if not _are_compiled_here() or exitstatus not in {0, 1} or config.option.collectonly:
        return
    from tests.kernels import calls_of_python as calls

    called, unfit = calls.compared(calls.CALLS, calls.stated_here(is_whole=False))
    if hasattr(config, "workeroutput"):
        config.workeroutput["calls_of_python"] = sorted(called), sorted(unfit)
        return
    for others_called, others_unfit in config.stash.get(CALLED_ELSEWHERE, []):
        called |= others_called
        unfit |= others_unfit
    is_whole = config.args_source == pytest.Config.ArgsSource.TESTPATHS
    chosen = config.option.keyword or config.option.markexpr or config.getoption("lf", False) or exitstatus
    if config.option.every_signature or (is_whole and not chosen):
        unfit |= calls.never_called(called, calls.stated_here(is_whole=True))
    config.stash[CALLS_OF_PYTHON] = sorted(unfit)
    if unfit:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter, config):
    faults = config.stash.get(CALLS_OF_PYTHON, [])
    if faults:
        terminalreporter.section("calls of kernels and their signatures", red=True)
    for fault in faults:
        terminalreporter.line(fault, red=True)
