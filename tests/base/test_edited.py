"""Text files that a person may edit are all read in one way."""

from __future__ import annotations

import codecs

import pytest

from lwfast._base.files.edited_text import parse_json, parse_toml, read_edited, unmarked

TEXT = 'first = "é"\nsecond = 2\n'
MARKED = {
    "utf-8": codecs.BOM_UTF8 + TEXT.encode(),
    "utf-16-le": codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
    "utf-16-be": codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
    "utf-32-le": codecs.BOM_UTF32_LE + TEXT.encode("utf-32-le"),
    "utf-32-be": codecs.BOM_UTF32_BE + TEXT.encode("utf-32-be"),
    "plain": TEXT.encode(),
    "crlf": TEXT.replace("\n", "\r\n").encode(),
    "cr": TEXT.replace("\n", "\r").encode(),
    "crlf behind a mark": codecs.BOM_UTF8 + TEXT.replace("\n", "\r\n").encode(),
}


@pytest.mark.parametrize("name", MARKED)
def test_marks_and_line_ends(tmp_path, name):
    path = tmp_path / "file"
    path.write_bytes(MARKED[name])
    assert read_edited(path) == TEXT
    assert unmarked(MARKED[name]).decode().replace("\r\n", "\n").replace("\r", "\n") == TEXT


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"abc \xe9", "byte 4 .0xE9. is not UTF-8; save it as UTF-8"),
        (codecs.BOM_UTF8 + b"ab\xff", "byte 5 .0xFF. is not UTF-8"),
        (codecs.BOM_UTF16_LE + b"a\0b", "byte 4 .0x62. is not UTF-16-LE"),
        (TEXT.encode("utf-16-le"), "zero bytes, as UTF-16 without a mark"),
    ],
)
def test_what_is_no_text(tmp_path, data, says):
    path = tmp_path / "file"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=says):
        read_edited(path)


def test_the_encoding_of_the_system_may_be_taken_for_what_is_not_utf_8(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(TEXT.encode("latin-1"))
    assert read_edited(path, "latin-1") == TEXT
    path.write_bytes(TEXT.encode())
    assert read_edited(path, "latin-1") == TEXT


def test_bytes_without_a_mark_are_left_alone():
    assert unmarked(b"\x00\xff") == b"\x00\xff"


@pytest.mark.parametrize("text", ["[" * 100_000, "{", "9" * 5000])
def test_what_cannot_be_parsed_is_a_value_error(text):
    for parse, whole in ((parse_json, text), (parse_toml, f"a = {text}")):
        with pytest.raises(ValueError) as caught:
            parse(whole)
        assert str(caught.value)
