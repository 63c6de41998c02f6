"""Results in files."""

from __future__ import annotations

import json

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


@pytest.mark.parametrize("name", ["a.json", "a", "run_0.25", "a.npz", "a.PARQUET", "deep/er/a.npz"])
def test_what_is_saved_is_loaded(result, tmp_path, name):
    for raw, expected in ((False, result), (True, result.raw_data)):
        path = result.save(tmp_path / name, raw_data=raw)
        again = lw.load_result(path)
        assert again == expected
        assert again.outputs == expected.outputs
        assert lw.load_result(tmp_path / name) == expected
        if path.suffix != ".json":
            assert again.metadata.items() >= {"job_id": 7, "qpu": "Artemis"}.items()
            assert again.metadata["saved"]
        if path.suffix != ".json" and not raw:
            assert again.post_selection == result.post_selection
            assert again.job_data == {"note": "x"}
            assert isinstance(again, QPUSamplingResult)


def test_names_are_never_cut_at_a_dot(result, tmp_path):
    assert result.save(str(tmp_path / "run_0.25")).name == "run_0.25.json"
    assert result.save(tmp_path / "run_0.75").name == "run_0.75.json"
    assert len(list(tmp_path.iterdir())) == 2


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
