"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import stat

import pytest

from lwfast._base.files.atomic import write_atomic
from tests.marks import posix


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def umask():
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.parametrize("content", [b"new", lambda file: file.write(b"new")])
def test_content(tmp_path, content):
    """Bytes, or what writes them; folders above are made, and nothing else stays behind."""
    path = tmp_path / "a" / "b" / "c.json"
    write_atomic(path, content)
    assert path.read_bytes() == b"new"
    assert list(path.parent.iterdir()) == [path]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("old")

    def fail(file):
        file.write(b"half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_atomic(path, fail)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@posix
def test_permissions(tmp_path, umask):
    """Those asked for; else those of the replaced file, from the first byte on; else the usual ones."""
    path = tmp_path / "a.json"
    write_atomic(path, b"")
    assert mode_of(path) == 0o644
    path.chmod(0o640)
    seen = []
    write_atomic(path, lambda file: seen.append(stat.S_IMODE(os.fstat(file.fileno()).st_mode)))
    assert seen == [mode_of(path)] == [0o640]
    write_atomic(path, b"", mode=0o600)
    assert mode_of(path) == 0o600


@posix
@pytest.mark.parametrize("opens", [True, False])
def test_errors_name_the_file_that_was_asked_for(tmp_path, monkeypatch, opens):
    """Not the one beside it that is written first."""
    (tmp_path / "folder").mkdir()
    path = tmp_path / "folder"  # which no file takes the place of
    if not opens:
        path = tmp_path / "x"
        monkeypatch.setattr(os, "open", _refuse)
    with pytest.raises(OSError) as caught:
        write_atomic(path, b"new")
    assert caught.value.filename == str(path)
    assert ".part" not in str(caught.value)
    assert [found.name for found in tmp_path.iterdir()] == ["folder"]


def _refuse(path, *_):
    raise PermissionError(13, "Permission denied", path)
