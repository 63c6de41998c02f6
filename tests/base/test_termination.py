"""SIGTERM in the middle of work that has something to keep."""

from __future__ import annotations

import contextlib
import os
import signal
import sys

import pytest

from tests.marks import posix
from tests.started import PATIENCE, child, python, threads

BLOCK = """
import os, signal, sys, threading
from lwfast._base.termination import Termination, TerminationError
def stop():
    os.kill(os.getpid(), signal.SIGTERM)
def say(text):
    print(text, flush=True)
"""


@posix
def test_what_is_to_be_kept_is_kept_and_the_process_ends_by_the_signal():
    code = (
        "with Termination():\n"
        "    try:\n"
        "        stop()\n"
        "        say('after')\n"
        "    finally:\n"
        "        say('kept')\n"
        "say('on')"
    )
    ended = python(BLOCK + code)
    assert (ended.returncode, ended.stdout) == (-signal.SIGTERM, "kept\n"), ended.stderr
    assert ended.stderr == ""


@posix
def test_it_waits_for_a_block_that_is_held():
    code = (
        "with Termination() as t:\n"
        "    with t.held():\n"
        "        stop()\n"
        "        say('whole')\n"
        "    t.check()\n"
        "    say('after')"
    )
    ended = python(BLOCK + code)
    assert (ended.returncode, ended.stdout) == (-signal.SIGTERM, "whole\n"), ended.stderr


@posix
def test_a_callable_that_catches_everything_puts_the_end_off_and_no_more():
    code = (
        "with Termination() as t:\n"
        "    try:\n"
        "        stop()\n"
        "    except BaseException:\n"
        "        say('caught')\n"
        "say('on')"
    )
    ended = python(BLOCK + code)
    assert (ended.returncode, ended.stdout) == (-signal.SIGTERM, "caught\n"), ended.stderr


@posix
def test_a_second_one_ends_it_at_once():
    code = (
        "with Termination() as t:\n    with t.held():\n        stop()\n        stop()\n        say('after')"
    )
    ended = python(BLOCK + code)
    assert (ended.returncode, ended.stdout) == (-signal.SIGTERM, ""), ended.stderr


INTERRUPT = """
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts what is in the background without
def interrupt():
    os.kill(os.getpid(), signal.SIGINT)
"""


@posix
def test_ctrl_c_waits_for_a_block_that_is_held():
    code = (
        "try:\n"
        "    with Termination() as t:\n"
        "        with t.held():\n"
        "            interrupt()\n"
        "            say('whole')\n"
        "        t.check()\n"
        "        say('after')\n"
        "except KeyboardInterrupt:\n"
        "    say('interrupted')"
    )
    ended = python(BLOCK + INTERRUPT + code)
    assert (ended.returncode, ended.stdout) == (0, "whole\ninterrupted\n"), ended.stderr


@posix
@pytest.mark.parametrize("first", ["held", "open"])
def test_a_second_ctrl_c_waits_for_nothing(first):
    """Also where the first came while nothing was held, and what is to be kept is being written."""
    interrupted = (
        "        try:\n            interrupt()\n        except KeyboardInterrupt:\n            say('once')\n"
    )
    code = (
        "try:\n"
        "    with Termination() as t:\n"
        + (interrupted if first == "open" else "")
        + "        with t.held():\n"
        + ("            interrupt()\n            say('once')\n" if first == "held" else "")
        + "            interrupt()\n"
        "            say('after')\n"
        "except KeyboardInterrupt:\n"
        "    say('twice')"
    )
    ended = python(BLOCK + INTERRUPT + code)
    assert (ended.returncode, ended.stdout) == (0, "once\ntwice\n"), ended.stderr


@posix
def test_ctrl_c_that_nobody_asked_for_is_raised_at_the_end():
    code = (
        "try:\n"
        "    with Termination() as t:\n"
        "        with t.held():\n"
        "            interrupt()\n"
        "except KeyboardInterrupt:\n"
        "    say('interrupted')\n"
        "say(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
    )
    ended = python(BLOCK + INTERRUPT + code)
    assert (ended.returncode, ended.stdout) == (0, "interrupted\nTrue\n"), ended.stderr


@posix
def test_a_handler_of_the_program_stays():
    code = (
        "signal.signal(signal.SIGTERM, lambda *_: say('mine'))\n"
        "with Termination() as t:\n"
        "    stop()\n"
        "stop()\n"
        "say('on')"
    )
    ended = python(BLOCK + code)
    assert (ended.returncode, ended.stdout) == (0, "mine\nmine\non\n"), ended.stderr


@posix
def test_one_that_the_program_sets_meanwhile_stays_too():
    code = "with Termination():\n    signal.signal(signal.SIGTERM, lambda *_: say('mine'))\nstop()\nsay('on')"
    ended = python(BLOCK + code)
    assert (ended.returncode, ended.stdout) == (0, "mine\non\n"), ended.stderr


FORKED = """
with Termination():
    pid = os.fork()
    if not pid:
        try:
            stop()
        finally:
            say('handled')
            os._exit(0)
    say(os.waitpid(pid, 0)[1])
"""


@posix
def test_a_forked_process_does_not_inherit_it():
    assert python(BLOCK + FORKED).stdout == f"{int(signal.SIGTERM)}\n"


def test_the_default_is_there_again_afterwards():
    from lwfast._base.termination import Termination

    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        with Termination(), Termination():
            assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
        seen = []

        def look():
            with Termination():
                seen.append(signal.getsignal(signal.SIGTERM))

        with threads(look):
            pass
        assert seen == [signal.SIG_DFL]
    finally:
        signal.signal(signal.SIGTERM, before)


CAMPAIGN = """
import sys, time
from lwfast.results import scan_results
from lwfast.results.campaign import chunks
chunks._CHUNK_FILES = 2

def tell(done, total):
    print(done, flush=True)
    if done == 4:
        time.sleep(120)

if __name__ == "__main__":
    pools = {"none": lambda: None}
    from concurrent.futures import ProcessPoolExecutor
    pools["fork"] = lambda: ProcessPoolExecutor(2)
    campaign = scan_results(sys.argv[1]).map("threshold")
    campaign = campaign.group_by("theta") if sys.argv[4] == "groups" else campaign
    campaign.merge(progress=tell, resume=sys.argv[2], executor=pools[sys.argv[3]]())
"""


@posix
@pytest.mark.parametrize("pool", ["none", "fork"])
@pytest.mark.parametrize("what", ["all", "groups"])
def test_a_campaign_that_is_terminated_keeps_its_sum(tmp_path, pool, what):
    """As `kill`, `scancel` and `docker stop` end it."""
    from lwfast.results import scan_results
    from tests.results.campaign_runs import result_of

    folder, kept = tmp_path / "runs", tmp_path / ("sums" if what == "groups" else "sum.npz")
    for k in range(8):
        result_of(k, k // 4, "Artemis").save(folder / f"run_{k}.npz")
    (tmp_path / "program.py").write_text(CAMPAIGN)
    command = [sys.executable, str(tmp_path / "program.py"), str(folder), str(kept), pool, what]
    with child(command, start_new_session=True) as program:
        try:
            for line in iter(program.stdout.readline, ""):
                if line == "4\n":
                    break
            program.send_signal(signal.SIGTERM)
            assert program.wait(PATIENCE) == -signal.SIGTERM
        finally:  # Python leaves the workers of a pool behind where a signal ends the program
            with contextlib.suppress(ProcessLookupError):
                os.killpg(program.pid, signal.SIGKILL)
    campaign = scan_results(folder).map("threshold")
    campaign = campaign.group_by("theta") if what == "groups" else campaign
    expected, total = campaign.merge(), campaign.merge(resume=kept)
    assert dict(total) == dict(expected)
    assert campaign.manifest["resumed"].count(True) == 4
