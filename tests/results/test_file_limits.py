"""What a file unpacks to is held against the memory limit before it is unpacked; no file says otherwise."""

import json
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest

import lwfast as lw
from lwfast import remote
from lwfast._base.files.file_memory import check_json
from lwfast.results import SamplingResult

LIMIT = 20_000_000


@pytest.fixture
def limit(monkeypatch):
    monkeypatch.setenv("LWFAST_MAX_MEMORY", str(LIMIT))


@pytest.fixture
def result():
    """A result whose columns take 24 MB, and a file of it a thousandth of that."""
    return np.zeros((1_000_000, 16), np.uint8), np.ones(1_000_000, np.int64)


def refused(path, kind=lw.ResourceLimitError):
    """Load a file that is refused; return the message, having taken no more memory than is allowed."""
    tracemalloc.start()
    try:
        with pytest.raises(kind, match=path.name) as caught:
            lw.load_result(path)
        assert tracemalloc.get_traced_memory()[1] < LIMIT
    finally:
        tracemalloc.stop()
    return str(caught.value)


def test_npz_that_unpacks_to_more_than_allowed(result, tmp_path, limit):
    """A file of 25 kB that unpacks to 24 MB is refused by its directory."""
    path = tmp_path / "bomb.npz"
    np.savez_compressed(path, states=result[0], counts=result[1])
    assert path.stat().st_size < 100_000
    assert "would take about 48 MB of memory, and 20 MB are allowed (LWFAST_MAX_MEMORY sets the limit)" in (
        refused(path)
    )


def test_npz_with_more_members(result, tmp_path, limit):
    """All members are unpacked, so all of them count."""
    path = tmp_path / "bomb.npz"
    np.savez_compressed(path, states=np.ones((1, 2), np.uint8), counts=np.ones(1, int), other=result[0])
    assert "would take about 32" in refused(path)


def test_npz_with_a_lying_directory(result, tmp_path, limit):
    """Where the directory says less than there is, no more than it says is unpacked."""
    path = tmp_path / "lie.npz"
    np.savez_compressed(path, states=np.concatenate([result[0], result[0]]), counts=result[1][:10])
    size = struct.pack("<I", 2 * result[0].nbytes + 128)
    before, found, after = path.read_bytes().rpartition(size)
    assert found
    path.write_bytes(before + struct.pack("<I", 1000) + after)
    assert "Bad CRC" in refused(path, lw.ResultFormatError)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_npz_compressed_as_numpy_does_not(method, result, tmp_path, limit):
    """Other codecs unpack whatever is there, whatever the directory says."""
    path = tmp_path / "odd.npz"
    with zipfile.ZipFile(path, "w", method) as archive, archive.open("states.npy", "w") as file:
        np.save(file, result[0][:10])
    assert "not compressed as NumPy does it" in refused(path, lw.ResultFormatError)


def test_npz_with_counts_that_grow(tmp_path, limit):
    """Counts of one byte become counts of eight."""
    path = tmp_path / "small.npz"
    np.savez_compressed(path, states=np.zeros((600_000, 1), np.uint8), counts=np.ones(600_000, np.uint8))
    assert "A result of 600000 states would take about" in refused(path)


def test_npz_with_large_metadata(tmp_path, limit):
    """The objects that its metadata become count."""
    path = tmp_path / "meta.npz"
    note = np.frombuffer(b"[" + b"[]," * 400_000 + b"[]]", "S1200004")[0].decode()
    np.savez_compressed(
        path, states=np.zeros((1, 1), np.uint8), counts=np.ones(1, int), metadata=np.array(note)
    )
    assert "of JSON hold would take about" in refused(path)


def test_parquet_that_unpacks_to_more_than_allowed(result, tmp_path, limit, monkeypatch):
    """Equal rows take next to nothing in the file, so that the number of rows counts."""
    pq = pytest.importorskip("pyarrow.parquet")
    from lwfast.results.files.parquet import write_parquet

    path = tmp_path / "bomb.parquet"
    with path.open("wb") as file:
        write_parquet(*result, "", file)
    assert path.stat().st_size < 100_000
    monkeypatch.delattr(pq.ParquetFile, "read")
    assert "A result of 1000000 states would take about" in refused(path)


def test_parquet_with_columns_of_text(tmp_path, limit, monkeypatch):
    """A column of any number of long texts is refused unread, whatever its name."""
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    text = pa.DictionaryArray.from_arrays(np.zeros(2000, np.int32), ["x" * 100_000]).cast(pa.string())
    states = pa.FixedSizeListArray.from_arrays(np.arange(4000, dtype=np.uint16) // 16 % 251, 2).cast(
        pa.list_(pa.uint8(), 2)
    )
    path = tmp_path / "text.parquet"
    pq.write_table(pa.table({"state": states, "counts": text}), path)
    assert path.stat().st_size < 1_000_000
    assert "The column 'counts' is of string, not of whole numbers" in refused(path, lw.ResultFormatError)
    pq.write_table(pa.table({"state": states, "counts": np.ones(2000, int), "notes": text}), path)
    before = pa.total_allocated_bytes()
    assert "column 'notes', which a result cannot keep" in refused(path, lw.ResultFormatError)
    assert pa.default_memory_pool().max_memory() - before < 400_000_000  # the text alone is 200 MB, twice


def test_json_that_is_larger_than_allowed(tmp_path, limit):
    """The text is there as a whole beside what is read from it."""
    path = tmp_path / "large.json"
    path.write_bytes(b'{"0,1": 3}' + b" " * LIMIT)
    assert "Reading a file of 20 MB would take about 40 MB" in refused(path)
    with pytest.raises(lw.ResourceLimitError, match="Reading a file"):
        lw.decode_result(path)


def test_json_with_members_of_many_objects(tmp_path, limit):
    """Twenty bytes of memory for each byte of text are seen before they are taken."""
    path = tmp_path / "many.json"
    path.write_bytes(b'{"results": {"(0, 1)": 3}, "job_data": [' + b"{}," * 400_000 + b"{}]}")
    assert "What 1.2 MB of JSON hold would take about" in refused(path)


@pytest.mark.parametrize("item", [b"[]", b"{}", b'{"a":1}', b"0.123456789", b'"text"', b"[[1.5]]", b"12345"])
def test_the_estimate_for_json(item, monkeypatch):
    """It is neither far below nor far above what CPython takes."""
    needed = []
    monkeypatch.setattr(
        "lwfast._base.files.file_memory.check_memory", lambda number, *_, **__: needed.append(number)
    )
    text = b"[" + b",".join([item] * (2_000_000 // (len(item) + 1))) + b"]"
    check_json(text)
    tracemalloc.start()
    held = json.loads(text)
    taken = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(held) > 0
    assert 0.85 * taken < needed[0] < 4 * taken


@pytest.mark.parametrize("suffix", ["json", "npz", "parquet"])
def test_what_fits_is_read(suffix, tmp_path, monkeypatch):
    """A limit of a few times the columns lets a file through."""
    pytest.importorskip("pyarrow" if suffix == "parquet" else "numpy")
    states = np.arange(100_000, dtype=">u4").view(np.uint8).reshape(-1, 4).copy()
    result = SamplingResult.from_columns(states, np.arange(100_000))
    result.save(tmp_path / f"r.{suffix}")
    monkeypatch.setenv("LWFAST_MAX_MEMORY", "16e6")
    assert lw.load_result(tmp_path / f"r.{suffix}") == result


def test_a_campaign_goes_on(result, tmp_path, limit):
    """One file that is too large is one that failed."""
    np.savez_compressed(tmp_path / "bomb.npz", states=result[0], counts=result[1])
    SamplingResult({lw.State([1, 0]): 3}, lw.State([1, 0])).save(tmp_path / "good.npz")
    with pytest.raises(lw.errors.CampaignError, match="LWFAST_MAX_MEMORY") as caught:
        lw.scan_results(tmp_path / "*.npz").merge()
    assert [path.rpartition("/")[2] for path in caught.value.failed] == ["bomb.npz"]
    assert caught.value.outcome.counts.sum() == 3


def test_a_wrong_limit_is_not_the_files_fault(tmp_path, monkeypatch):
    """It is said as what it is."""
    SamplingResult({lw.State([1, 0]): 3}, lw.State([1, 0])).save(tmp_path / "good.npz")
    monkeypatch.setenv("LWFAST_MAX_MEMORY", "much")
    with pytest.raises(ValueError, match="LWFAST_MAX_MEMORY should be") as caught:
        lw.load_result(tmp_path / "good.npz")
    assert not isinstance(caught.value, lw.ResultFormatError)


def test_files_of_the_client(tmp_path, limit, monkeypatch):
    """Saved jobs, settings, tokens, profiles and certificates have the client's own exceptions."""
    monkeypatch.setenv("LWFAST_CONFIG_DIR", str(tmp_path))
    for name in ("tokens.json", "settings.json", "config.toml", "job.json", "certificate"):
        (tmp_path / name).write_bytes(b"{" + b" " * LIMIT + b"}")
    with pytest.raises(remote.JobFileError, match=r"job\.json is too large: .*LWFAST_MAX_MEMORY"):
        remote.load_job_from_file(tmp_path / "job.json")
    with pytest.raises(remote.TokenError, match=r"tokens\.json are too many: .*LWFAST_MAX_MEMORY"):
        remote.token.load("a")
    with pytest.raises(remote.ConfigurationError, match=r"settings\.json is too large: .*LWFAST_MAX_MEMORY"):
        remote.get_global_require_online()
    with pytest.raises(remote.ConfigurationError, match=r"certificate is too large .*LWFAST_MAX_MEMORY"):
        remote.install_certificate(tmp_path / "certificate")
    with pytest.raises(remote.ConfigurationError, match=r"config\.toml.*LWFAST_MAX_MEMORY"):
        remote.Client(profile="a").list_qpus()


def test_csv_larger_than_allowed(tmp_path, limit):
    """A CSV file takes several times its size, which is asked for before it is read."""
    path = tmp_path / "long.csv"
    path.write_text("mode_0,counts\n" + "1,1\n" * 1_000_000)
    assert "would take about 28 MB" in refused(path)
