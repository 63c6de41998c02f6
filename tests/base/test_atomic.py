"""Files that are there whole or not at all."""

from __future__ import annotations

import contextlib
import functools
import os
import stat
import threading

import pytest

from lwfast._base.files.atomic import write_atomic
from tests.marks import posix
from tests.started import threads

pytestmark = pytest.mark.guarantee


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


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("there", ["file", "folder", "link to nothing", "nothing"])
def test_exclusive(tmp_path, monkeypatch, links, there):
    """What is there stays, whatever it is; also where the file system has no hard links."""
    if not links:
        monkeypatch.setattr(os, "link", lambda *_, **__: (_ for _ in ()).throw(OSError(95, "not supported")))
    path = tmp_path / "a.json"
    if there == "file":
        path.write_text("old")
    elif there == "folder":
        path.mkdir()
    elif there == "link to nothing":
        path.symlink_to(tmp_path / "gone")
    if there == "nothing":
        write_atomic(path, b"new", exclusive=True)
        assert path.read_text() == "new"
    with pytest.raises(FileExistsError):
        write_atomic(path, b"newer", exclusive=True)
    assert not path.is_file() or path.read_text() == ("old" if there == "file" else "new")
    assert [item.name for item in tmp_path.iterdir()] == ["a.json"]


def test_without_links_a_failure_takes_the_placeholder_back(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "link", lambda *_, **__: (_ for _ in ()).throw(OSError(95, "not supported")))
    monkeypatch.setattr(type(tmp_path), "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
    with pytest.raises(OSError, match="full"):
        write_atomic(tmp_path / "a.json", b"new", exclusive=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("links", [True, False])
def test_of_many_exclusive_writers_one_succeeds(tmp_path, monkeypatch, links):
    if not links:
        monkeypatch.setattr(os, "link", lambda *_, **__: (_ for _ in ()).throw(OSError(95, "not supported")))
    path, won = tmp_path / "a.json", []
    together = threading.Barrier(8, timeout=30)

    def write(number):
        together.wait(30)
        with contextlib.suppress(FileExistsError):
            write_atomic(path, str(number).encode() * 1000, exclusive=True)
            won.append(number)

    with threads(*[functools.partial(write, number) for number in range(8)]):
        pass
    assert len(won) == 1
    assert path.read_text() == str(won[0]) * 1000
