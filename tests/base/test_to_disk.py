"""What is forced to the disk is forced through its cache, where the system leaves that to programs."""

from __future__ import annotations

import os
import sys

import pytest

from lwfast._base.files import to_disk, user_folder
from lwfast._base.files.atomic import write_atomic
from tests.marks import posix

pytestmark = [posix, pytest.mark.guarantee]
F_FULLFSYNC = 51


@pytest.fixture
def calls(monkeypatch):
    """What is asked of the system, on a system that calls itself macOS."""
    import fcntl

    found = []
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(fcntl, "F_FULLFSYNC", F_FULLFSYNC, raising=False)
    monkeypatch.setattr(fcntl, "fcntl", lambda _, command: found.append(command))
    monkeypatch.setattr(os, "fsync", lambda _: found.append("fsync"))
    return found


def test_macos(tmp_path, calls):
    """A file and its folder go through the disk's cache."""
    write_atomic(tmp_path / "file", b"content")
    assert calls == [F_FULLFSYNC, F_FULLFSYNC]


def test_file_system_without_full_flushes(tmp_path, calls, monkeypatch):
    """There, a plain flush is what there is."""
    import fcntl

    def refuse(*_):
        raise OSError

    monkeypatch.setattr(fcntl, "fcntl", refuse)
    write_atomic(tmp_path / "file", b"content")
    assert calls == ["fsync", "fsync"]


def test_folders_that_are_made(tmp_path, monkeypatch):
    """The names of all that were made are forced to the disk, and those that were there are left."""
    forced = []
    for module, make in ((to_disk, to_disk.make_folder_on_disk), (user_folder, user_folder.make_private)):
        base = tmp_path / make.__name__
        base.mkdir()
        forced.clear()
        monkeypatch.setattr(module, "folder_to_disk", forced.append)
        make(base / "a" / "b")
        assert sorted(forced) == [base, base / "a"]
        make(base / "a" / "b" / "c")
        assert forced[2:] == [base / "a" / "b"]
