"""Text that can be printed, and kept in a file, whatever it holds."""

from __future__ import annotations


def printable(text: str) -> str:
    """Return a text with an escape for each half of a surrogate pair.

    Python has such halves where a file name is not Unicode, or a text was cut in the middle of a character.
    No encoding has them: `print` raises, and JSON cannot be written.
    """
    return text.encode("utf-8", "backslashreplace").decode()


def is_unicode(text: str) -> bool:
    """Whether a text has no half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
