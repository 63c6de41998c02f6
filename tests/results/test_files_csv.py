"""Results as CSV."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

import lwfast as lw
from lwfast.results import SamplingResult, scan_results


def test_it_has_the_columns_of_the_frame(tmp_path):
    pd = pytest.importorskip("pandas")
    result = SamplingResult({(0, 255, 1): 2**63 - 1, (1, 0, 12): 0, (10, 0, 0): 7})
    path = result.save(tmp_path / "r.csv")
    lines = ["mode_0,mode_1,mode_2,counts", "0,255,1,9223372036854775807", "1,0,12,0", "10,0,0,7", ""]
    assert path.read_bytes() == "\n".join(lines).encode()
    assert (pd.read_csv(path) == result.to_pandas()).all(axis=None)
    again = lw.load_result(path)
    assert again == result
    assert again.outputs == result.outputs
    result.to_pandas().to_csv(path, index=False)
    assert lw.load_result(path) == result


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (1, 0), (1, 1), (100_000, 3)])
def test_every_shape_is_read_back(tmp_path, shape):
    states = np.arange(shape[0] * shape[1]).reshape(shape) % 250
    result = SamplingResult.from_columns(states, np.arange(1, shape[0] + 1))
    again = lw.load_result(result.save(tmp_path / "r.csv"))
    assert np.array_equal(again.states, result.states)
    assert np.array_equal(again.counts, result.counts)


def test_it_is_part_of_a_campaign(tmp_path):
    SamplingResult({(0, 1): 2}).save(tmp_path / "a.csv")
    SamplingResult({(0, 1): 3, (1, 0): 1}).save(tmp_path / "b.json")
    assert scan_results(tmp_path).merge() == {(0, 1): 5, (1, 0): 1}


def test_it_has_no_place_for_metadata(tmp_path):
    result = SamplingResult({(0, 1): 2})
    with pytest.raises(ValueError, match=r"r.csv has no place for metadata; take .json, "):
        result.save(tmp_path / "r.csv", metadata=True)
    with pytest.raises(TypeError, match="integer counts"):
        SamplingResult({(0, 1): 0.5}).save(tmp_path / "r.csv")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "text", ["\ufeffmode_0,mode_1,count\r\n0,1,5\r\n\r\n", '"mode_0","mode_1","counts"\n0,1,5\n']
)
def test_what_other_programs_write_is_read(tmp_path, text):
    """A byte order mark, Windows' line ends, names in quotation marks, an empty line at the end."""
    (tmp_path / "r.csv").write_bytes(text.encode())
    assert lw.load_result(tmp_path / "r.csv") == {(0, 1): 5}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le"])
def test_text_with_a_mark_is_read(tmp_path, encoding):
    path = tmp_path / "r.csv"
    path.write_bytes("\ufeffmode_0,mode_1,counts\r\n0,1,5\r\n".encode(encoding))
    assert lw.load_result(path) == {(0, 1): 5}


def test_a_byte_that_is_no_text_is_named(tmp_path):
    path = tmp_path / "r.csv"
    path.write_bytes("\ufeffmode_0,counts\n0,5\n".encode("utf-16-le") + b"\n")
    with pytest.raises(lw.ResultFormatError, match=r"r\.csv: byte 38 \(0x0A\) is not UTF-16-LE"):
        lw.load_result(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "first line is ''"),
        ("x,y\n1,2\n", "first line is 'x,y'"),
        (",mode_0,counts\n0,1,2\n", "first line is ',mode_0,counts'"),
        ("mode_1,mode_0,counts\n0,1,2\n", "first line"),
        ("mode_0,counts\n0,1", "last line has no line end"),
        ("mode_0,counts\n0,1\n0\n", "line 3 has 1 fields; the first line has 2"),
        ("mode_0,counts\n0,1,1\n0,1,1\n", "line 2 has 3 fields"),
        ("mode_0,counts\n0,1\n0,1.0\n", r"line 3 has '1\.0', where an integer .* should stand"),
        ("mode_0,counts\n0,-1\n", "line 2 has '-1'"),
        ("mode_0,counts\n0,\n", "line 2 has ''"),
        ("mode_0,counts\n0,1_0\n", "line 2 has '1_0'"),
        ("mode_0,counts\n0,99999999999999999999\n", "line 2 has '99999999999999999999'"),
        ("mode_0,counts\n0,9223372036854775808\n", "9223372036854775808"),
        ("mode_0,counts\n256,1\n", "256"),
        ("mode_0,counts\n0,\x001\n", "line 2 has "),
    ],
)
def test_what_is_no_result_is_refused(tmp_path, text, message):
    (tmp_path / "r.csv").write_text(text)
    with pytest.raises(lw.ResultFormatError, match=message) as caught:
        lw.load_result(tmp_path / "r.csv")
    assert "r.csv: " in str(caught.value)


@pytest.mark.parametrize(
    ("header", "fault"),
    [
        ("mode_0,mode_1,mode_3,counts", "'mode_2' is missing"),
        ("mode_1,mode_2,counts", "'mode_0' is missing"),
        ("mode_0,mode_3,counts", "'mode_1', 'mode_2' are missing"),
        ("mode_0,mode_1", "'counts' is missing"),
        ("mode_0,mode_2,mode_1,counts", "'mode_1' should be column 2, and is column 3"),
        ("counts,mode_0,mode_1", "'mode_0' should be column 1, and is column 2"),
        ("mode_0,counts,mode_1", "'mode_1' should be column 2, and is column 3"),
        ("mode_0,mode_1,theta,counts", "'theta' has no place"),
        ("theta,qpu,mode_0,mode_1,count", "'theta', 'qpu' have no place"),
        ("mode_0,mode_0,counts", "'mode_0' is there twice"),
    ],
)
def test_the_column_at_fault_is_named(tmp_path, header, fault):
    n = header.count(",")
    (tmp_path / "r.csv").write_text(f"{header}\n0{',1' * n}\n")
    with pytest.raises(lw.ResultFormatError) as caught:
        lw.load_result(tmp_path / "r.csv")
    assert str(caught.value).endswith(f"with a column for each mode: {fault}.")


@pytest.mark.parametrize("header", ["time,volts", "mode_999999999,counts", "index", "mode_7"])
def test_a_first_line_of_another_kind_is_just_shown(tmp_path, header):
    (tmp_path / "r.csv").write_text(f"{header}\n1\n")
    with pytest.raises(lw.ResultFormatError, match=rf"first line is '{header}'"):
        lw.load_result(tmp_path / "r.csv")


def test_whole_numbers_that_were_written_as_floats_have_a_remedy(tmp_path):
    (tmp_path / "r.csv").write_text("mode_0,counts\n0,3.0\n")
    with pytest.raises(lw.ResultFormatError, match=r"line 2 has '3\.0'.*write whole numbers, as astype"):
        lw.load_result(tmp_path / "r.csv")
    (tmp_path / "r.csv").write_text("mode_0,counts\n0,3.5\n")
    with pytest.raises(lw.ResultFormatError, match=r"line 2 has '3\.5', where .* stand\.$"):
        lw.load_result(tmp_path / "r.csv")


def test_a_first_line_takes_no_more_memory_than_its_size(tmp_path):
    """A mode of a high number stands for as many columns, which are not listed to find the one at fault."""
    (tmp_path / "r.csv").write_text("mode_999999999,counts\n1,1\n")
    tracemalloc.start()
    try:
        with pytest.raises(lw.ResultFormatError, match="first line is 'mode_999999999,counts'"):
            lw.load_result(tmp_path / "r.csv")
        assert tracemalloc.get_traced_memory()[1] < 2**24
    finally:
        tracemalloc.stop()
    many = [f"mode_{mode}" for mode in range(20_000)]
    (tmp_path / "r.csv").write_text(",".join([*many[1:], many[0], "counts"]) + "\n")
    with pytest.raises(lw.ResultFormatError, match="'mode_0' should be column 1, and is column 20000"):
        lw.load_result(tmp_path / "r.csv")
