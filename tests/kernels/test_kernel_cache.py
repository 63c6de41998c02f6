"""Compiled kernels on disk: nothing damaged is run, nothing unsaved fails, nothing is compiled twice."""

import contextlib
import errno
import hashlib
import importlib.util
import os
import pickle
import stat
import sys

import pytest

from lwfast._kernels import _mode
from lwfast._kernels._jit import jit
from tests.kernels.twins import needs_jit
from tests.marks import posix
from tests.started import child

pytestmark = needs_jit

if _mode.MODE == "numba":
    import numba

    from lwfast._kernels._numba import cache as _cache
    from lwfast._kernels._numba import cache_folders as _cache_folders
    from lwfast._kernels._numba import note as _compile_note

SOURCE = """
def double(x):
    return 2 * x

def triple(x):
    return 3 * x

def wrong(x):
    return x.nothing
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A module of functions in an installation that cannot be written, as far as it concerns the cache."""
    folder = tmp_path / "installed"
    folder.mkdir()
    (folder / "functions.py").write_text(SOURCE)
    (folder / "__pycache__").write_text("a file, so that no folder of this name can be made")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "__pycache__" / "users"))
    monkeypatch.setenv("HOME", str(folder / "__pycache__" / "home"))
    monkeypatch.setenv("TMPDIR", str(folder / "__pycache__" / "temporary"))
    monkeypatch.setattr(_cache, "_unsaved", {})
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    spec = importlib.util.spec_from_file_location("functions", folder / "functions.py")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder that `NUMBA_CACHE_DIR` names."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "kept"))
    return tmp_path / "kept"


def compiled(function, argument=21):
    """Call a function as a new process would; return its answer, how often it was compiled and loaded."""
    kernel = jit(function)
    answer = kernel(argument)
    return answer, sum(kernel.stats.cache_misses.values()), sum(kernel.stats.cache_hits.values())


def entries(folder):
    return sorted(folder.glob("*/*.nbc"))


def test_a_kernel_is_compiled_once(module, folder):
    """What one process compiled, the next loads; an entry is one file, and no lock stays behind."""
    assert compiled(module.double) == (42, 1, 0)
    assert compiled(module.double) == (42, 0, 1)
    assert compiled(module.double, 1.5) == (3.0, 1, 0)  # another signature
    assert len(entries(folder)) == 2
    assert [path for path in folder.glob("*/*") if path.suffix != ".nbc"] == []
    assert _cache._unsaved == {}


def sealed(content, body):
    return content[:32] + hashlib.sha256(body).digest() + body


DAMAGE = {
    "emptied": lambda content, _: b"",
    "half of it": lambda content, _: content[: len(content) // 2],
    "only its head": lambda content, _: content[:64],
    "garbage": lambda content, _: os.urandom(len(content)),
    "one bit of the code": lambda content, _: content[:-40] + bytes([content[-40] ^ 1]) + content[-39:],
    "one bit of the checksum": lambda content, _: content[:40] + bytes([content[40] ^ 1]) + content[41:],
    "another kernel": lambda _, other: other,
    "another kernel's code": lambda content, other: content[:64] + other[64:],
    "not a pickle": lambda content, _: sealed(content, b"nothing"),
    "a pickle of something else": lambda content, _: sealed(content, pickle.dumps((1, 2))),
    "a pickle with an absurd length": lambda content, _: sealed(
        content, b"\x80\x04\x8e" + b"\xff" * 7 + b"\x7f"
    ),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_entry_is_compiled_again(damage, module, folder):
    """Whatever happened to an entry, it is not run: the kernel is compiled and the entry written anew."""
    compiled(module.double)
    (path,) = entries(folder)
    good = path.read_bytes()
    compiled(module.triple)
    (other,) = set(entries(folder)) - {path}
    path.write_bytes(damage(good, other.read_bytes()))
    assert compiled(module.double) == (42, 1, 0)
    assert compiled(module.double) == (42, 0, 1)
    assert _cache.count_entries(path.parent) == (2, 0)


def test_an_entry_of_another_source_is_compiled_again(module, folder, monkeypatch):
    """Neither a changed source file nor a changed helper in another file runs what was compiled before."""
    compiled(module.double)
    monkeypatch.setattr(_cache, "_digest_of", lambda source: b"changed")
    assert compiled(module.double) == (42, 1, 0)
    monkeypatch.setattr(_cache, "_digest_of_kernels", lambda: b"changed too")
    assert compiled(module.double) == (42, 1, 0)
    assert compiled(module.double) == (42, 0, 1)
    assert len(entries(folder)) == 1  # overwritten


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EDQUOT])
def test_a_kernel_that_cannot_be_saved_is_used(code, module, folder, monkeypatch):
    """A disk that fills up between the trial and the writing costs the entry, not the answer, and is told."""

    def write(path, content):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(_cache, "_write", write)
    assert compiled(module.double) == (42, 1, 0)
    assert entries(folder) == []
    assert os.strerror(code) in str(_cache._unsaved)
    monkeypatch.setattr(_cache, "place_for", lambda source: (folder, ""))
    assert "1 compiled kernels could not be kept, so that" in _cache.why_not_kept()
    assert os.strerror(code) in _cache.why_not_kept()


def test_a_full_folder_is_tried_with_bytes(module, folder, monkeypatch):
    """On a full disk an empty file can be made; the next folder is taken all the same."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        assert compiled(module.double) == (42, 1, 0)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "File too large" in str(_cache._unsaved)


def test_nowhere_to_keep_kernels(module):
    """Without any folder kernels are compiled in each process."""
    assert compiled(module.double) == (42, 1, 0)
    assert compiled(module.double) == (42, 1, 0)
    assert len(_cache._unsaved) == 1


@posix
def test_the_last_resort(module, tmp_path, monkeypatch):
    """Where neither installation nor home can be written, a private temporary folder is used."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert compiled(module.double) == (42, 1, 0)
    assert compiled(module.double) == (42, 0, 1)
    private = tmp_path / f"lwfast-numba-{os.getuid()}"
    assert stat.S_IMODE(private.stat().st_mode) == 0o700
    assert len(entries(private)) == 1


def test_a_read_only_folder_is_still_read(module, folder, monkeypatch):
    """Kernels that came with an image are loaded, whoever runs it; new ones are kept elsewhere."""
    compiled(module.double)
    monkeypatch.setattr(_cache_folders, "_troubles", {entries(folder)[0].parent: "Read-only file system"})
    assert compiled(module.double) == (42, 0, 1)


@posix
def test_an_unsafe_folder_is_not_used(tmp_path, monkeypatch):
    """What others could have put there is never run: links, open folders, other owners, folders that move."""
    path = tmp_path / f"lwfast-numba-{os.getuid()}"
    assert _cache_folders.private_folder(str(tmp_path)) == path
    path.chmod(0o750)
    assert _cache_folders.private_folder(str(tmp_path)) is None
    path.chmod(0o700)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert _cache_folders.private_folder(str(tmp_path)) is None
    path.unlink()
    path.write_text("a file")
    assert _cache_folders.private_folder(str(tmp_path)) is None
    path.unlink()
    tmp_path.chmod(0o777)
    assert _cache_folders.private_folder(str(tmp_path)) is None
    tmp_path.chmod(0o1777)
    assert _cache_folders.private_folder(str(tmp_path)) == path
    assert _cache_folders.private_folder("relative") is None
    assert _cache_folders.private_folder(str(tmp_path / "missing")) is None
    found = path.lstat()
    monkeypatch.setattr(os, "getuid", lambda: found.st_uid + 1)
    path.rename(tmp_path / f"lwfast-numba-{found.st_uid + 1}")
    assert _cache_folders.private_folder(str(tmp_path)) is None


def test_a_home_that_nobody_has(module, monkeypatch, tmp_path):
    """A user without a home folder gets no folder "~" in the working folder."""
    monkeypatch.setattr(_cache_folders.AppDirs, "user_cache_dir", "~/.cache/numba")
    monkeypatch.chdir(tmp_path)
    compiled(module.double)
    assert not (tmp_path / "~").exists()


# --- the lock ---------------------------------------------------------------------------------------


def test_a_lock_is_waited_for_but_not_for_ever(module, folder, monkeypatch):
    """A process that was stopped while it compiled does not stop the others."""
    compiled(module.double)
    (path,) = entries(folder)
    path.unlink()
    monkeypatch.setattr(_cache, "LOCK_PATIENCE_SECONDS", 0.1)
    handle = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT)
    assert _cache.try_lock(handle)
    try:
        assert compiled(module.double) == (42, 1, 0)
    finally:
        os.close(handle)
    assert entries(folder) == [path]


def test_what_another_process_compiled_meanwhile_is_loaded(module, folder, monkeypatch):
    """Who waited for the lock finds the entry."""
    compiled(module.double)
    (path,) = entries(folder)
    content = path.read_bytes()
    path.unlink()
    monkeypatch.setattr(_cache, "try_lock", lambda handle: path.write_bytes(content))
    assert compiled(module.double) == (42, 0, 1)


def test_a_file_system_without_locks(module, folder, monkeypatch):
    """Then each process compiles, as without a lock."""

    def fail(handle):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(_cache, "try_lock", fail)
    assert compiled(module.double) == (42, 1, 0)
    assert compiled(module.double) == (42, 0, 1)


def test_a_lock_is_given_back_when_compiling_fails(module, folder):
    """A kernel that cannot be compiled leaves no lock."""
    with pytest.raises(numba.TypingError):
        compiled(module.wrong)
    assert list(folder.glob("*/*")) == []


def test_processes_compile_each_kernel_once(tmp_path):
    """Several processes on one cold cache compile no kernel twice."""
    code = """
import sys
from lwfast._kernels.optics.samples import sampling
from lwfast.optics.samples.sample_counts import sample_counts
sample_counts([0.5, 0.5], 10, rng=0)
kernels = [f for f in vars(sampling).values() if hasattr(f, "stats")]
print(sum(sum(kernel.stats.cache_misses.values()) for kernel in kernels))
"""
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path), "LWFAST_QUIET": "1", "LWFAST_CACHE": "1"}
    command = [sys.executable, "-c", code]
    with contextlib.ExitStack() as started:
        processes = [started.enter_context(child(command, env=environment)) for _ in range(3)]
        counts = [int(process.communicate(timeout=500)[0]) for process in processes]
    kept = list(tmp_path.glob("*/sampling.*.nbc"))
    assert sum(counts) == len(kept) > 0
    assert list(tmp_path.glob("*/*.lock")) == []


# --- what is said -----------------------------------------------------------------------------------


def test_warmup_says_at_once_that_nothing_would_be_kept(monkeypatch, capsys):
    """Compiling for a minute what nobody finds again is refused."""
    from lwfast.cli import main

    monkeypatch.setattr(_cache, "place_for", lambda source: (None, "/opt: Read-only file system"))
    assert main(["warmup"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "cannot be kept, so that each process compiles them again (/opt: Read-only file system)" in err
    assert "Set NUMBA_CACHE_DIR" in err


def test_warmup_says_what_was_not_kept(monkeypatch, capsys):
    """A disk that fills up while it compiles is a failure, and named."""
    from lwfast.cli import main

    monkeypatch.setattr("lwfast.emulator.warmup.warmup", lambda progress: {"permanents": 1.0})
    monkeypatch.setattr(_cache, "_unsaved", {})
    assert main(["warmup"]) == 0
    assert f"1 groups of kernels ready, 1.0 s; kept in {_cache.kept_in()}" in capsys.readouterr().out
    monkeypatch.setattr(_cache, "_unsaved", {"a": "/home: No space left on device", "b": ""})
    assert main(["warmup"]) == 1
    assert "2 compiled kernels could not be kept" in capsys.readouterr().err


def test_the_note_tells_the_truth(monkeypatch, capsys):
    """It promises a cache only where there is one."""
    note = _compile_note.CompileNote()
    note.said = False
    note._say()
    assert "is then loaded from a cache" in capsys.readouterr().err
    note.said = False
    note.why_not_kept = lambda: "Nothing is kept."
    note._say()
    assert capsys.readouterr().err == ("lwfast: compiling kernels for this machine. Nothing is kept.\n")
    assert _compile_note.NOTE.why_not_kept is _cache.why_not_kept


def test_doctor_says_whether_kernels_are_kept(monkeypatch, tmp_path, capsys):
    """It names the folder, counts what is in it, and says what is wrong."""
    from lwfast.cli import doctor

    monkeypatch.setattr(_cache, "place_for", lambda source: (tmp_path, ""))
    monkeypatch.setattr(_cache, "_unsaved", {})
    body = b"code"
    (tmp_path / "a.0123456789abcdef.nbc").write_bytes(bytes(32) + hashlib.sha256(body).digest() + body)
    (tmp_path / "b.0123456789abcdef.nbc").write_bytes(b"")
    assert doctor._kept() is True
    said = capsys.readouterr().out
    assert f"kept in {tmp_path}: 1 so far; 1 damaged, to be compiled again" in said
    monkeypatch.setattr(_cache, "place_for", lambda source: (None, f"{tmp_path}: Read-only file system"))
    assert doctor._kept() is False
    assert f"BAD  Compiled kernels cannot be kept, so that each process compiles them again ({tmp_path}" in (
        capsys.readouterr().out
    )
    monkeypatch.setattr(_cache, "USE_CACHE", False)
    assert doctor._kept() is True
    assert "LWFAST_CACHE=0" in capsys.readouterr().out


def test_every_folder_is_named(module):
    """The reason gives each folder that was tried."""
    folder, why = _cache_folders.place_for(_cache.Path(module.__file__))
    assert folder is None
    assert "__pycache__: File exists" in why
    assert "Not a directory" in why


def test_entries_of_all_rooms_are_counted(tmp_path):
    """Kernels beside their sources stand in a folder for each room."""
    for room in ("__pycache__", "optics/__pycache__", "tables/__pycache__"):
        (tmp_path / room).mkdir(parents=True)
        (tmp_path / room / "kernel-1.py311.0123456789abcdef.nbc").write_bytes(b"")
    assert _cache.count_entries(tmp_path / "__pycache__") == (0, 3)
