"""Texts that can be printed, whatever is in them, and what errors say."""

from __future__ import annotations


def printable(text: str) -> str:
    """Return a text with an escape for each half of a surrogate pair.

    Python has such halves where a file name is not Unicode, or a text was cut in the middle of a character.
    No encoding has them: `print` raises, and JSON cannot be written.
    """
    return text.encode("utf-8", "backslashreplace").decode()


def ended(error: BaseException) -> str:
    """Return what an error says, with a period at its end: the errors of Python and of parsers have none."""
    text = str(error)
    return text if text.endswith((".", "?", "!", ".)")) else f"{text}."


def is_unicode(text: str) -> bool:
    """Whether a text has no half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class Printable(Exception):  # noqa: N818  (a part of two bases)
    """An exception whose message can be printed, also where it names a file or a job whose name cannot."""

    def __str__(self) -> str:
        return printable(super().__str__())
