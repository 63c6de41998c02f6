"""Large tables in chunks, and rows of many modes."""

import numpy as np
import pytest

import lwfast as lw
from lwfast._base import parallel as _parallel
from lwfast.tables.bodies import result_table as _result_table
from tests.marks import wraps


class Searches:
    """A pattern that tells how much text it went through."""

    def __init__(self, pattern):
        self.pattern, self.n_bytes = pattern, 0

    def search(self, text, start):
        found = self.pattern.search(text, start)
        self.n_bytes += (found.start() if found else len(text)) - start
        return found


def body_of(n_modes, job_data):
    key = ", ".join(["1"] * n_modes)
    return f'{{"results": {{"({key})": 7}}, "job_data": {job_data}}}'.encode()


@wraps
@pytest.mark.parametrize("behind", ["", '"z"'])
def test_text_without_rows_is_searched_once(monkeypatch, behind):
    """It was searched from each chunk's start to its end: for 128 MB of numbers this took 3 s."""
    searches = Searches(_result_table._ROW)
    monkeypatch.setattr(_result_table, "_ROW", searches)
    monkeypatch.setattr(_result_table, "LARGE", 1)
    monkeypatch.setattr(_result_table, "_CHUNK", 64)
    body = body_of(2, f"[{'1,' * 5000}1{',' * bool(behind)}{behind}]")
    assert lw.decode_result(body).counts.tolist() == [7]
    assert searches.n_bytes <= len(body)


@wraps
def test_quotes_behind_the_table_take_no_memory(monkeypatch):
    """Room was asked for as many states as there are pairs of quotes: 9 GB for a body of 126 MB."""
    monkeypatch.setattr(_result_table, "_CHUNK", 1024)
    body = body_of(300, '["", ' + '"", ' * 4000 + '""]')
    buffer = np.frombuffer(body, np.uint8)
    assert _result_table.read_in_chunks(buffer, body.index(b'"('), 300) is None
    monkeypatch.setattr(_result_table, "LARGE", 1)
    assert lw.decode_result(body).counts.tolist() == [7]


@wraps
@pytest.mark.parametrize("n_modes", [1, 22, 63, 300])
def test_chunks_are_read_where_job_data_have_quotes_too(monkeypatch, n_modes):
    monkeypatch.setattr(_result_table, "_CHUNK", 2000)
    rng = np.random.default_rng(n_modes)
    states, counts = rng.integers(0, 10, (90, n_modes)), rng.integers(0, 10**6, 90)
    body = lw.encode_result(states, counts, ["name"] * 20)
    answers = []
    for cores in (1, 3):
        monkeypatch.setattr(_parallel, "available_cores", lambda cores=cores: cores)
        answers.append(
            _result_table.read_in_chunks(np.frombuffer(body, np.uint8), body.index(b'"('), n_modes)
        )
    for answer in answers:
        assert answer is not None
        _, read, counted = answer
        assert np.array_equal(read, states)
        assert np.array_equal(counted, counts)


@wraps
@pytest.mark.parametrize("n_modes", [1, 2, 20, 21, 22, 42, 62, 63, 64, 84, 105, 300])
def test_no_byte_of_a_row_is_skipped(n_modes):
    """From 63 modes on, not all was looked at between blocks of 21 digits: `12,3` was read as `1, 3`."""
    key = f"({', '.join(['1'] * n_modes)}{',' * (n_modes == 1)})"
    usual = f'"{key}": 5, '
    for at in range(len(usual)):
        changed = usual[:at] + "x" + usual[at + 1 :]
        with pytest.raises(lw.ResultFormatError):
            lw.decode_result(f'{{"results": {{{usual * 3}{changed}"{key}": 5}}}}' + " " * 90)


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


@wraps
@pytest.mark.parametrize("job_data", ["\ud800", {"\udfff": 1}, ["a\ud83d", 1], nested(600), nested(50_000)])
def test_no_job_data_are_written_that_could_not_be_read(job_data):
    with pytest.raises(ValueError, match="job_data"):
        lw.encode_result([[0, 1]], [1], job_data)


@wraps
@pytest.mark.parametrize("job_data", ["\U0001f600", "a\\ud800", nested(500), 10**400, -(10**30), "", 0])
def test_job_data_are_written_that_can_be_read(job_data):
    assert lw.decode_result(lw.encode_result([[0, 1]], [1], job_data)).job_data == job_data
