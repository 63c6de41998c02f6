"""Numbers among the arguments of the commands."""

from __future__ import annotations

import argparse


def positive_number(text: str) -> int:
    """Return a number from 1 on, or raise what argparse shows with the usage."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"The number should be at least 1, got {number}.")
    return number
