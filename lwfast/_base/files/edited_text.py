"""Reading text files that a person may have edited: settings, profiles, tokens, QPUs, saved jobs.

Editors put a byte-order mark before the text, write UTF-16, or end lines in their own way. All such files are
read here, so that none is read in another way than the rest.
"""

from __future__ import annotations

import codecs
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from lwfast._base.files.file_memory import check_json, check_text, read_file

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before that of UTF-16, which it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class _UnfitTextError(ValueError):
    """Says what a text is or holds, without a period: it completes a sentence, as the errors of `json` do."""


def read_edited(path: Path, fallback: str | None = None) -> str:
    """Read a file as text; lines end in a line feed, and a byte-order mark is left out.

    Args:
        path: Path of the file to read.
        fallback: Encoding of a text that is neither UTF-8 nor marked, such as that of the system, which
            Lightworks writes in; None to refuse it.

    Raises:
        OSError: The file cannot be read.
        ValueError: It holds no text; says what to do.
        ResourceLimitError: It would take more memory than is allowed.
    """
    return edited_text(read_file(path, 2.0), fallback)


def edited_text(data: bytes, fallback: str | None = None) -> str:
    """Do what `read_edited` does for the bytes of a file.

    Raises:
        ValueError: They are not text; the message says what to do.
    """
    return _decoded(data, fallback).replace("\r\n", "\n").replace("\r", "\n")


def unmarked(data: bytes) -> bytes:
    """Return text that begins with a byte-order mark as UTF-8 without one, anything else as it is.

    Raises:
        ValueError: It is not in the encoding that its mark says.
    """
    return _decoded(data, None).encode() if data.startswith(tuple(mark for mark, _ in _MARKS)) else data


def parse_json(text: str) -> Any:
    """Parse JSON.

    Raises:
        ValueError: The text is not valid, or is nested too deeply.
        ResourceLimitError: What it holds would take more memory than is allowed.
    """
    check_json(text)
    try:
        return json.loads(text)
    except RecursionError:
        raise _UnfitTextError("it is nested too deeply") from None


def parse_toml(text: str) -> dict[str, Any]:
    """Parse TOML.

    Raises:
        ValueError: The text is not valid, or is nested too deeply.
        ResourceLimitError: What it holds would take more memory than is allowed.
    """
    import tomllib

    check_text(text)
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise _UnfitTextError("it is nested too deeply") from None


def _decoded(data: bytes, fallback: str | None) -> str:
    mark, encoding = next((item for item in _MARKS if data.startswith(item[0])), (b"", "utf-8"))
    if not mark and b"\0" in data:
        raise _UnfitTextError("it holds zero bytes, as UTF-16 without a mark does; save it as UTF-8")
    try:
        return data[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        if fallback is not None and not mark:
            with suppress(UnicodeDecodeError):
                return data.decode(fallback)
        at = len(mark) + error.start
        raise _UnfitTextError(
            f"byte {at} (0x{data[at]:02X}) is not {encoding.upper()}; save it as UTF-8 with a text editor"
        ) from None
