"""`lwfast.errors` shows exceptions only, under the names that pickles and programs know them by."""

from __future__ import annotations

import pickle
import subprocess
import sys

import pytest

from lwfast import errors

PICKLED = b"\x80\x02clwfast.errors\n%b\nq\x00X\x01\x00\x00\x00xq\x01\x85q\x02Rq\x03."
"""How an error with the message "x" was pickled when all of them stood in one file."""


def test_the_module_shows_exceptions_only():
    others = [name for name in dir(errors) if not issubclass(getattr(errors, name), BaseException)]
    assert others == []
    assert len(dir(errors)) == len(errors.__all__) > 40


@pytest.mark.parametrize("name", errors.__all__)
def test_an_error_is_named_by_the_module_that_it_is_imported_from(name):
    error = getattr(errors, name)
    assert f"{error.__module__}.{error.__qualname__}" == f"lwfast.errors.{name}"
    assert pickle.loads(pickle.dumps(error)) is error


@pytest.mark.parametrize("name", ["JobNotFoundError", "StateError"])
def test_pickles_of_earlier_versions_load(name):
    """In a process that has not used any error yet."""
    code = "import pickle, sys; x = pickle.loads(sys.stdin.buffer.read()); print(type(x).__name__, x)"
    given = PICKLED % name.encode()
    done = subprocess.run([sys.executable, "-c", code], input=given, capture_output=True, timeout=60)
    assert done.stdout.split() == [name.encode(), b"x"], done.stderr


def test_a_name_that_is_not_an_error():
    """Whatever the rooms need to write their messages is not here: `errors` has no `ended` or `printable`."""
    for name in ("ended", "printable", "is_unicode", "JobErrors"):
        with pytest.raises(AttributeError, match=f"no attribute '{name}'"):
            getattr(errors, name)
