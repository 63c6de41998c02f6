"""What is forced to the disk is forced through its cache, where the system leaves that to programs."""

from __future__ import annotations

import os
import sys

import pytest

from lwfast._base.files import to_disk
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
    monkeypatch.setattr(to_disk, "folder_to_disk", forced.append)
    to_disk.make_folder_on_disk(tmp_path / "a" / "b", mode=0o700)
    assert sorted(forced) == [tmp_path, tmp_path / "a"]
    to_disk.make_folder_on_disk(tmp_path / "a" / "b" / "c")
    assert forced[2:] == [tmp_path / "a" / "b"]
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700
