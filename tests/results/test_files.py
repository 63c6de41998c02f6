"""Results in files."""

from __future__ import annotations

import io
import json
import random
import zipfile

import numpy as np
import pytest

import lwfast as lw
from lwfast.results import QPUSamplingResult, SamplingResult

DATA = {
    "results": {(0, 1, 1): 5, (0, 1, 0): 3, (1, 0, 1): 2},
    "job_data": {"post_select": [[[0], [0]]], "herald": [[[1], [1]]], "note": "x"},
}


@pytest.fixture
def result():
    body = lw.encode_result(list(DATA["results"]), list(DATA["results"].values()), DATA["job_data"])
    return QPUSamplingResult.from_body(body, metadata={"job_id": 7, "qpu": "Artemis"})


@pytest.mark.parametrize("name", ["a.json", "a", "run_0.25", "a.npz", "a.PARQUET", "deep/er/a.npz", "a.csv"])
def test_what_is_saved_is_loaded(result, tmp_path, name):
    for raw, expected in ((False, result), (True, result.raw_data)):
        path = result.save(tmp_path / name, raw_data=raw)
        again = lw.load_result(path)
        assert again == expected
        assert again.outputs == expected.outputs
        assert lw.load_result(tmp_path / name) == expected
        if path.suffix not in (".json", ".csv"):
            assert again.metadata.items() >= {"job_id": 7, "qpu": "Artemis"}.items()
            assert again.metadata["saved"]
        if path.suffix not in (".json", ".csv") and not raw:
            assert again.post_selection == result.post_selection
            assert again.job_data == {"note": "x"}
            assert isinstance(again, QPUSamplingResult)


def test_names_are_never_cut_at_a_dot(result, tmp_path):
    assert result.save(str(tmp_path / "run_0.25")).name == "run_0.25.json"
    assert result.save(tmp_path / "run_0.75").name == "run_0.75.json"
    assert result.save(tmp_path / "phi_0.25pi").name == "phi_0.25pi.json"
    assert result.save(tmp_path / "Dr. Who ran").name == "Dr. Who ran.json"
    assert len(list(tmp_path.iterdir())) == 4


def test_an_ending_that_is_not_written_is_refused(result, tmp_path):
    """`r.txt` became `r.txt.json`; what was saved under such a name is still found."""
    for ending in ("txt", "h5", "CSV2", "jsonl"):
        with pytest.raises(
            ValueError, match=rf"\.{ending}, which is not a form of results; take one of \.json, "
        ):
            result.save(tmp_path / f"r.{ending}")
    assert not list(tmp_path.iterdir())
    result.save(tmp_path / "r.txt.json")
    assert lw.load_result(tmp_path / "r.txt") == result


def test_json_is_the_one_that_lightworks_writes(result, tmp_path):
    processed = result.save(tmp_path / "a").read_text()
    assert processed == json.dumps({"0, 1": 5, "0, 0": 3}, indent=4)
    raw = result.save(tmp_path / "b", raw_data=True).read_text()
    assert raw == json.dumps({str(list(k)): v for k, v in DATA["results"].items()}, indent=4)


def test_json_with_metadata_keeps_everything(result, tmp_path):
    later = result.map("threshold")
    again = lw.load_result(later.save(tmp_path / "a.json", metadata=True))
    assert again == later
    assert again.post_selection == result.post_selection
    assert again.history == later.history
    assert again.metadata["qpu"] == "Artemis"


def test_input_and_history_travel(tmp_path):
    result = SamplingResult({(0, 1): 2, (2, 0): 1}, (1, 0)).map("parity")
    for name in ("a.npz", "a.parquet"):
        again = lw.load_result(result.save(tmp_path / name))
        assert again.input == lw.State([1, 0])
        assert again.history == result.history
        assert type(again) is SamplingResult


def test_bodies_of_the_wire_are_loaded_with_their_post_selection(result, tmp_path):
    path = tmp_path / "body.json"
    path.write_bytes(lw.encode_result(result.raw_data.states, result.raw_data.counts, DATA["job_data"]))
    again = lw.load_result(path)
    assert again == result
    assert again.raw_data == result.raw_data


def test_empty_results_are_saved_and_loaded(tmp_path):
    for name in ("a.json", "a.npz", "a.parquet"):
        assert lw.load_result(SamplingResult({}).save(tmp_path / name)) == {}
    one = SamplingResult({(): 5})
    for name in ("b.json", "b.npz", "b.parquet"):
        assert lw.load_result(one.save(tmp_path / name)) == {(): 5}


def test_one_mode_is_not_taken_for_something_else(tmp_path):
    one = SamplingResult({(3,): 5, (12,): 1})
    for name in ("a.json", "a.npz", "a.parquet"):
        assert lw.load_result(one.save(tmp_path / name)) == one
    assert lw.load_result(one.save(tmp_path / "raw", raw_data=True)) == one


@pytest.mark.parametrize("suffix", [".json", ".npz", ".parquet"])
@pytest.mark.parametrize("content", [b"", b"{", b"PK\x03\x04", b"PAR1", b"[1]", b'{"a": 1}', b'{"0, 1": -1}'])
def test_what_is_no_result_is_named(tmp_path, suffix, content):
    path = tmp_path / f"broken{suffix}"
    path.write_bytes(content)
    with pytest.raises(lw.ResultFormatError, match="broken"):
        lw.load_result(path)


def test_npz_and_parquet_of_something_else_are_refused(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    np.savez(tmp_path / "a.npz", other=[1])
    np.savez(tmp_path / "b.npz", states=np.array([[0, -1]]), counts=np.array([1]))
    np.savez(tmp_path / "c.npz", states=np.array([[0, 1]]), counts=np.array([1, 2]))
    np.savez(tmp_path / "d.npz", states=np.array([[{}]], object), counts=np.array([1]))
    pq.write_table(pa.table({"state": [1], "counts": [1]}), tmp_path / "e.parquet")
    pq.write_table(pa.table({"other": [1]}), tmp_path / "f.parquet")
    for path in tmp_path.iterdir():
        with pytest.raises(lw.ResultFormatError, match=path.stem):
            lw.load_result(path)


def test_missing_files_and_wrong_names_are_told(result, tmp_path):
    for name in ("a.json", "a.npz", "a.parquet", "a"):
        with pytest.raises(FileNotFoundError):
            lw.load_result(tmp_path / name)
    with pytest.raises(TypeError):
        result.save(5)


@pytest.mark.parametrize("suffix", [".json", ".npz", ".parquet"])
def test_processed_data_are_never_taken_for_raw(result, tmp_path, suffix):
    """A file of what post-selection left does not hold the raw data, and says so."""
    for k, processed in enumerate((result, SamplingResult({(1, 0): 5}).map("parity"))):
        loaded = lw.load_result(processed.save(tmp_path / f"a{k}{suffix}", metadata=True))
        with pytest.raises(lw.ResultError, match="raw data of this result are not known"):
            _ = loaded.raw_data
        with pytest.raises(lw.ResultError, match="raw_data=True"):
            loaded.save(tmp_path / "raw.json", raw_data=True)
        assert not (tmp_path / "raw.json").exists()
        with pytest.raises(lw.ResultError):
            _ = loaded.map("threshold").raw_data
    raw = lw.load_result(result.save(tmp_path / f"b{suffix}", raw_data=True, metadata=True))
    assert raw.raw_data is raw


@pytest.mark.parametrize("suffix", [".npz", ".parquet"])
def test_a_damaged_file_is_never_read_as_other_counts(tmp_path, suffix):
    """Changed bits and missing ends are found by checksums: the same result, or an error with the name."""
    rng = np.random.default_rng(2)
    result = SamplingResult.from_columns(rng.integers(0, 3, (40, 6)), np.arange(40), metadata={"job_id": 7})
    path = result.save(tmp_path / f"damaged{suffix}")
    good, expected = path.read_bytes(), lw.load_result(path)
    chance = random.Random(3)
    for k in range(300):
        body = bytearray(good)
        if k % 4:
            body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
        else:
            del body[chance.randrange(len(body)) :]
        path.write_bytes(body)
        try:
            again = lw.load_result(path)
        except lw.ResultFormatError as error:
            assert str(error).count(str(path)) == 1  # noqa: PT017
        else:
            assert again == expected
            assert again.metadata == expected.metadata


def test_a_checksum_that_lost_its_digits_is_one(tmp_path):
    """A bit before them makes them another field, so that the key is there without a value."""
    pytest.importorskip("pyarrow")
    states = np.random.default_rng(1).integers(0, 9, (40, 3)).astype(np.uint8)
    counts = np.arange(1, len(states) + 1)
    path = SamplingResult.from_columns(*lw.group_counts(states, counts)).save(tmp_path / "a.parquet")
    body = bytearray(path.read_bytes())
    place = body.index(b"lwfast.crc32\x18\x08") + len(b"lwfast.crc32")
    body[place] ^= 0x40
    path.write_bytes(body)
    with pytest.raises(lw.ResultFormatError, match="It is damaged"):
        lw.load_result(path)
    report = lw.scan_results([path])
    with pytest.raises(lw.ResultError):
        report.merge()


def test_files_of_parquet_without_our_checksum_are_read(tmp_path):
    import pyarrow.parquet as pq

    result = SamplingResult({(1, 0): 5})
    pq.write_table(result.to_arrow(), tmp_path / "a.parquet")
    assert lw.load_result(tmp_path / "a.parquet") == result


@pytest.mark.parametrize(
    ("described", "message"),
    [
        ([1], "not an object"),
        ({"input": 5}, "input"),
        ({"input": [0.5]}, "input"),
        ({"metadata": [1]}, "metadata"),
        ({"history": 5}, "history"),
        ({"history": ["x"]}, "history"),
        ({"history": [{"step": "merge", "of": [5]}]}, "history"),
        ({"history": [{"step": "merge", "of": [{"results": "x"}]}]}, "history"),
        ({"kind": ["SamplingResult"]}, "kind"),
        ({"job_data": "x"}, "job_data"),
        ({"attributes": 3}, "attributes"),
        ({"post_selection": 7}, "post_selection"),
        ({"post_selection": True}, "post_selection"),
        ({"saved": {"a": 1}}, "saved"),
    ],
)
def test_metadata_of_another_form_are_told_with_the_file(tmp_path, described, message):
    """Whatever is wrong with it, it is the package's error and names the file once."""
    (tmp_path / "a.json").write_text(
        json.dumps({"results": {"(1, 0)": 3}, "metadata": {"lwfast": described}})
    )
    columns = {"states": np.array([[1, 0]], np.uint8), "counts": np.array([3])}
    np.savez(tmp_path / "a.npz", metadata=np.array(json.dumps(described)), **columns)
    for path in (tmp_path / "a.json", tmp_path / "a.npz"):
        with pytest.raises(lw.ResultFormatError, match=message) as caught:
            lw.load_result(path)
        assert str(caught.value).count(str(path)) == 1


def test_rules_and_sums_that_do_not_fit_are_told_with_the_file(tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes(lw.encode_result([[1, 0]], [3], {"post_select": [[[7], [1]]]}))
    with pytest.raises(lw.ResultFormatError, match=r"a\.json.*mode 7") as caught:
        lw.load_result(path)
    assert caught.value.raw_data == {(1, 0): 3}
    path.write_text('{"results": {"(1, 0)": 9223372036854775807, "(1,0)": 1}}')
    with pytest.raises(lw.ResourceLimitError, match=r"a\.json"):
        lw.load_result(path)
    columns = {"states": np.array([[1, 0], [1, 0]], np.uint8), "counts": np.array([2**62, 2**62])}
    np.savez(tmp_path / "a.npz", **columns)
    with pytest.raises(lw.ResourceLimitError, match=r"a\.npz"):
        lw.load_result(tmp_path / "a.npz")


def test_a_link_stays_a_link(tmp_path):
    """Saving through a link writes the file that it points to."""
    (tmp_path / "data").mkdir()
    target, link = tmp_path / "data" / "run.npz", tmp_path / "latest.npz"
    link.symlink_to(target)
    result = SamplingResult({(1, 0): 5})
    for _ in range(2):
        assert result.save(link) == link
        assert link.is_symlink()
        assert lw.load_result(target) == result


def test_a_folder_is_no_name_for_a_file(tmp_path):
    for name in (f"{tmp_path}/", "", ".", "..", "runs/"):
        with pytest.raises(ValueError, match="names a folder"):
            SamplingResult({(1, 0): 5}).save(name)


@pytest.mark.parametrize("name", ["a.json", "a.npz", "a.parquet"])
def test_attributes_travel(tmp_path, name):
    """As far as JSON can hold them; what it cannot is named."""
    result = SamplingResult({(1, 0): 5}, gain=np.float64(0.5), sizes=np.arange(2), nothing=float("nan"))
    with pytest.warns(UserWarning, match="left out: nothing"):
        path = result.save(tmp_path / name, metadata=True)
    assert lw.load_result(path).attributes == {"gain": 0.5, "sizes": [0, 1]}


def test_rules_of_any_form_travel(tmp_path):
    columns = [[1, 0]], [5]
    rules = lw.PostSelection()
    rules.add(0, 1)
    good = SamplingResult.from_columns(*columns, post_selection=rules, metadata={"at": tmp_path})
    assert lw.load_result(good.save(tmp_path / "b.npz")).post_selection == [[[0], [1]]]


@pytest.mark.parametrize("shape", [(10**12, 20), (2**62, 2**62), (2, 2), (0, 3)])
def test_no_more_is_read_than_there_is(tmp_path, shape):
    """A header of a few bytes can tell of terabytes."""
    states, counts = io.BytesIO(), io.BytesIO()
    about = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(states, about)
    states.write(b"\1")
    np.save(counts, np.array([1]))
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("states.npy", states.getvalue())
        archive.writestr("counts.npy", counts.getvalue())
    with pytest.raises(lw.ResultFormatError, match=r"a\.npz: An array of shape .* has 1 bytes"):
        lw.load_result(path)


def test_arrays_of_another_version_are_told_with_the_file(tmp_path):
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("states.npy", b"\x93NUMPY\x07\x00more")
        archive.writestr("counts.npy", b"")
    with pytest.raises(lw.ResultFormatError, match=r"a\.npz: .*version \(7, 0\)"):
        lw.load_result(path)


@pytest.mark.parametrize("text", ["{%s%s}", "\n\t %s{%s}", "{\n%s%s\n}"])
@pytest.mark.parametrize("table", ['"1, 0": 5, "0, 1": 7', '"(1, 0)": 5, "[0, 1]": 7', ""])
def test_any_white_space_may_stand_in_a_table(tmp_path, text, table):
    path = tmp_path / "a.json"
    path.write_text(text % (" " * 1000, table))
    assert lw.load_result(path) == ({(1, 0): 5, (0, 1): 7} if table else {})


def nested(levels):
    return {"x": nested(levels - 1)} if levels else 1


@pytest.mark.parametrize(
    "about", [{"x": "\ud800"}, {"\udcff": 1}, {"x": [float("inf")]}, {"x": 10**4300}, nested(102)]
)
def test_what_no_file_can_keep_is_refused_where_it_comes_in(tmp_path, about):
    with pytest.raises(ValueError, match=r"no file can keep|JSON cannot keep|levels deep"):
        SamplingResult.from_columns([[1, 0]], [5], metadata=about)
    with pytest.raises(ValueError, match=r"no file can keep|JSON cannot keep|levels deep"):
        QPUSamplingResult({"results": {(1, 0): 5}, "job_data": about})
    result = SamplingResult({(1, 0): 5}, **about, kept=nested(90))
    for name in ("a.json", "a.npz", "a.parquet"):
        with pytest.warns(UserWarning, match="left out"):
            path = result.save(tmp_path / name, metadata=True)
        assert lw.load_result(path).attributes == {"kept": nested(90)}


def test_what_holds_itself_is_told():
    about = {}
    about["x"] = [about]
    with pytest.raises(ValueError, match="holds itself"):
        SamplingResult.from_columns([[1, 0]], [5], metadata=about)


@pytest.mark.parametrize("name", ["é" * 125 + ".json", "x" * 251 + ".npz"])
def test_names_may_be_as_long_as_the_disk_allows(tmp_path, name):
    result = SamplingResult({(1, 0): 5})
    assert lw.load_result(result.save(tmp_path / name)) == result
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_metadata_that_are_nested_without_end_are_told_with_the_file(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(
        '{"results": {"(1, 0)": 5}, "metadata": {"lwfast": {"metadata": {"x": '
        + "[" * 450
        + "]" * 450
        + "}}}}"
    )
    with pytest.raises(lw.ResultFormatError, match=r"a\.json: the metadata.* levels deep"):
        lw.load_result(path)
