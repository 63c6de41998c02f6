"""Errors say which setting they are about, once, and lose nothing else."""

from __future__ import annotations

import pytest

from lwfast._base.setting_names import naming_setting, told_values
from lwfast.errors import PrecisionError

NAMED = r"^Setting 3 of the sweep \(theta=0\.3\): Too few digits\.$"


def test_an_error_with_a_text_has_the_setting_in_front_of_it():
    error = PrecisionError("Too few digits.")
    with (
        pytest.raises(PrecisionError, match=NAMED) as caught,
        naming_setting("sweep", lambda: 3, lambda: told_values(["theta"], [0.3])),
    ):
        raise error
    assert caught.value is error


def test_the_innermost_name_is_the_one_that_is_kept():
    with (
        pytest.raises(ValueError, match=r"^Setting \(1, 2\) of the stack: wrong$") as caught,
        naming_setting("sweep", lambda: 3),
        naming_setting("stack", lambda: (1, 2)),
    ):
        raise ValueError("wrong")
    assert not hasattr(caught.value, "__notes__")


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left"), KeyError("theta"), UnicodeDecodeError("utf-8", b"x", 0, 1, "odd")]
)
def test_an_error_with_more_than_a_text_gets_a_note(error):
    before = error.args
    with pytest.raises(type(error)) as caught, naming_setting("stack", lambda: 1):
        raise error
    assert caught.value.args == before
    assert caught.value.__notes__ == ["Setting 1 of the stack gave this."]
