"""What is left of the work where a sum cannot be written, or a run is interrupted."""

from __future__ import annotations

import errno
import subprocess
import sys
import traceback
import warnings

import pytest

import lwfast as lw
from lwfast.cli import main
from lwfast.errors import CampaignError
from lwfast.results import scan_results
from lwfast.results.campaign import checkpoint, running
from tests.marks import posix
from tests.results.campaign_runs import result_of, same
from tests.started import PATIENCE

N_FILES = 10


@pytest.fixture(autouse=True)
def slow_files(monkeypatch):
    """Files are processed one by one, as if each took long."""
    monkeypatch.setattr(running, "_AT_ONCE_SECONDS", 0.0)


@pytest.fixture
def folder(tmp_path):
    for k in range(N_FILES):
        result_of(k, k % 2, "Artemis").save(tmp_path / "files" / f"run_{k}.npz")
    return tmp_path / "files"


class Disk:
    """A disk that is full or not: what is flushed to a full one is lost."""

    def __init__(self):
        self.is_full = True
        self.free_at = None
        self.n_writes = 0

    def write(self, _handle):
        self.n_writes += 1
        if self.is_full and self.n_writes != self.free_at:
            raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def disk(folder, monkeypatch):
    disk = Disk()
    monkeypatch.setattr("lwfast._base.files.atomic.file_to_disk", disk.write)
    return disk


@pytest.fixture
def often(monkeypatch):
    """Sums are kept after each file."""
    monkeypatch.setattr(checkpoint, "SAVE_SECONDS", -1.0)
    monkeypatch.setattr(checkpoint, "SAVE_RATIO", 0)


@pytest.mark.parametrize("name", ["sum.npz", "sum.json", "sum.parquet", "sum.csv"])
def test_a_sum_that_cannot_be_saved_is_in_the_error(folder, disk, tmp_path, name):
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    path = tmp_path / name
    path.write_bytes(b"old")
    campaign = scan_results(folder)
    with pytest.raises(OSError, match=r"No space left on device \(.*bytes are free\).*sum") as caught:
        campaign.save(path)
    assert caught.value.filename == str(path)
    assert caught.value.errno == errno.ENOSPC
    assert same(caught.value.outcome, campaign.merge())
    assert "`outcome` of this error" in caught.value.__notes__[-1]
    assert (path.read_bytes(), len(list(tmp_path.iterdir()))) == (b"old", 2)
    assert main(["process", str(folder), "--out", str(path)]) == 1


def test_bytes_that_are_needed_are_told(folder, disk, tmp_path, capsys):
    with pytest.raises(OSError, match=r"\(\d+ bytes are needed, [\d,]+ bytes are free\)"):
        lw.results.SamplingResult({(1, 0): 1}).save(tmp_path / "a.json")
    main(["process", str(folder), "--out", str(tmp_path / "a.json")])
    assert f"{tmp_path / 'a.json'}: No space left on device" in capsys.readouterr().err


@pytest.mark.usefixtures("often")
def test_a_sum_that_cannot_be_kept_does_not_end_the_run(folder, disk, tmp_path):
    kept = tmp_path / "kept.npz"
    campaign = scan_results(folder)
    with (
        pytest.warns(UserWarning, match=r"cannot be kept in .*kept\.npz \(No space.*the run goes on") as told,
        pytest.raises(OSError, match="No space left") as caught,
    ):
        campaign.merge(resume=kept)
    assert len(told) == 1
    assert caught.value.filename == str(kept)
    assert same(caught.value.outcome, scan_results(folder).merge())
    assert f"None of the {N_FILES} files is kept in {kept}: No space left" in caught.value.__notes__[0]
    assert len(campaign.manifest["status"]) == N_FILES
    assert list(tmp_path.iterdir()) == [folder]


@pytest.mark.usefixtures("often")
def test_a_disk_that_has_room_again_keeps_the_sum(folder, disk, tmp_path):
    kept = tmp_path / "kept.npz"

    def free(done, total):
        disk.is_full = done < total

    with pytest.warns(UserWarning, match="the run goes on"):
        total = scan_results(folder).merge(resume=kept, progress=free)
    assert len(lw.load_result(kept).metadata[checkpoint.KEY]["files"]) == N_FILES
    assert same(total, scan_results(folder).merge())


@pytest.mark.usefixtures("often")
def test_what_was_kept_before_the_disk_was_full_is_told(folder, disk, tmp_path):
    disk.free_at = 3
    kept = tmp_path / "kept.npz"
    with pytest.warns(UserWarning, match="goes on"), pytest.raises(OSError, match="No space") as caught:
        scan_results(folder).merge(resume=kept)
    assert (
        f"3 of {N_FILES} files are kept in {kept}; the same call goes on from there. Those that came later"
        in (caught.value.__notes__[0])
    )
    disk.is_full = False
    campaign = scan_results(folder)
    assert same(campaign.merge(resume=kept), scan_results(folder).merge())
    assert sum(campaign.manifest["resumed"]) == 3


@pytest.mark.usefixtures("often")
def test_groups_that_can_be_kept_are(folder, disk, tmp_path):
    disk.free_at = 1
    with pytest.warns(UserWarning, match="goes on"), pytest.raises(OSError, match="No space") as caught:
        scan_results(folder).group_by("theta").merge(resume=tmp_path / "kept")
    assert caught.value.outcome == scan_results(folder).group_by("theta").merge()
    assert f"1 of {N_FILES} files is kept in {tmp_path / 'kept'}" in caught.value.__notes__[0]


def test_files_that_are_broken_too_are_named_first(folder, disk, tmp_path):
    (folder / "run_3.npz").write_bytes(b"PK")
    with pytest.raises(CampaignError, match="run_3") as caught:
        scan_results(folder).merge(resume=tmp_path / "kept.npz")
    assert "None of the 10 files is kept" in caught.value.__notes__[0]


@posix
def test_a_limit_of_files_leaves_the_old_one(folder, tmp_path):
    """The system's own error, of every form that is written."""
    code = (
        "import resource, sys\nimport lwfast as lw\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))\n"
        "campaign = lw.scan_results(sys.argv[1])\n"
        "for name in sys.argv[2:]:\n"
        "    try:\n        campaign.save(name)\n"
        "    except OSError as error:\n        print(error.filename == name, error.outcome.n_samples)\n"
    )
    names = [str(tmp_path / f"sum.{ending}") for ending in ("npz", "json", "csv", "parquet")]
    command = [sys.executable, "-c", code, str(folder), *names]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
    n_samples = scan_results(folder).merge().n_samples
    assert done.stdout.splitlines() == [f"True {n_samples}"] * 4
    assert list(tmp_path.iterdir()) == [folder]


@pytest.mark.parametrize("groups", [False, True])
@pytest.mark.parametrize("n_done", [0, 1, 4])
def test_an_interrupt_says_what_was_kept(folder, tmp_path, n_done, groups):
    """File by file, although eight are a chunk."""
    n_seen = 0

    def slow(state):
        nonlocal n_seen
        n_seen += 1
        if n_seen > 60 * n_done:
            raise KeyboardInterrupt
        return state

    for k in range(N_FILES):  # each of 60 states
        states = [[k // 60, k % 60] for k in range(60)]
        made = lw.results.SamplingResult.from_columns(states, [k + 1] * 60, metadata={"theta": 1})
        made.save(folder / f"run_{k}.npz")
    kept = tmp_path / ("kept" if groups else "kept.npz")
    campaign = scan_results(folder).map(slow)
    campaign = campaign.group_by("theta") if groups else campaign
    with pytest.raises(KeyboardInterrupt) as caught:
        campaign.merge(resume=kept)
    said = "".join(traceback.format_exception(caught.value))
    if n_done:
        kept_here = f"{n_done} of {N_FILES} file{'s are' if n_done > 1 else 's is'} kept in {kept}"
        assert f"{kept_here}; the same call goes on from there." in said
    else:
        assert f"None of the {N_FILES} files is kept in {kept}." in said


def test_nothing_is_said_where_nothing_is_kept(folder):
    with pytest.raises(KeyboardInterrupt) as caught:
        scan_results(folder).merge(progress=interrupt)
    assert not hasattr(caught.value, "__notes__")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scan_results(folder).merge()


def interrupt(_done, _total):
    raise KeyboardInterrupt
