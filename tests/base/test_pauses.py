from __future__ import annotations

from lwfast._base.pauses import longer, pause_after


def test_pauses_double_up_to_the_longest():
    """However often it was tried: a number of tries has no end, and floats have."""
    assert [pause_after(tries, 0.5, 10.0) for tries in (1, 2, 3, 5, 6, 10**6)] == [
        0.5,
        1.0,
        2.0,
        8.0,
        10.0,
        10.0,
    ]


def test_a_pause_that_was_shortened_grows_from_the_first():
    assert longer(0.0, 0.05, 2.0, 1.4) == 0.05 * 1.4
    assert longer(1.0, 0.05, 2.0, 1.4) == 1.4
    assert longer(1.9, 0.05, 2.0, 1.4) == 2.0
