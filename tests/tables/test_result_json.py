"""Reading and writing the wire's result JSON."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lwfast as lw
from lwfast.tables.bodies.result_json import decode_table, encode_table
from tests.kernels.twins import plain
from tests.marks import wraps
from tests.reference import state_text as slow
from tests.strategies import state_keys, tables

# The quick path counts on words that wrap around, of which NumPy's scalars warn where nothing is compiled.


def as_dict(decoded):
    return {tuple(s): c for s, c in zip(decoded[0].tolist(), decoded[1].tolist(), strict=True)}


def body_of(results: str, before: str = "", after: str = "") -> bytes:
    return f'{{{before}"results": {{{results}}}{after}}}'.encode()


@pytest.mark.parametrize(
    ("key", "state"),
    [
        ("(0, 1, 0)", (0, 1, 0)),
        ("(0,1,0)", (0, 1, 0)),
        ("0, 1, 0", (0, 1, 0)),
        ("0,1,0", (0, 1, 0)),
        ("[1, 0]", (1, 0)),
        ("(12, 255, 0, 7)", (12, 255, 0, 7)),
        ("(3,)", (3,)),
        ("(3)", (3,)),
        ("[3]", (3,)),
        ("3", (3,)),
        ("()", ()),
        ("[]", ()),
        ("", ()),
    ],
)
def test_every_form_of_a_key_is_read(key, state):
    decoded = lw.decode_result(body_of(f'"{key}": 45'))
    assert as_dict(decoded) == {state: 45}
    assert decoded.states.shape == (1, len(state))
    assert decoded.states.dtype == np.uint8
    assert decoded.counts.dtype == np.int64


ERRORS = [
    ('"(0, 1": 1', "not closed", '": 1'),
    ('"(0, 1]": 1', "not closed", ']": 1'),
    ('"(0, 256)": 1', "above 255", "256"),
    ('"(0, -1)": 1', "negative photon", "-1"),
    ('"(0, 01)": 1', "leading zero", "01"),
    ('"(0, 1.0)": 1', "cannot have", ".0"),
    ('"(0,  1)": 1', "a space", " 1)"),
    ('"( 0, 1)": 1', "a space", " 0"),
    ('"(0, 1 )": 1', "a space", " )"),
    ('"(0, 1) ": 1', "cannot have", ' ": 1'),
    ('"(0, )": 1', "number is expected", ")"),
    ('"(0, 1,)": 1', "number is expected", ')": 1'),
    ('"0,": 1', "number is expected", '": 1'),
    ('"[0,]": 1', "number is expected", ']": 1'),
    ('"(0, \\u0031)": 1', "escape", "\\u0031"),
    ('"(0, 1)\\n": 1', "escape", "\\n"),
    ('"(0, ١)": 1', "cannot have", "١"),
    ('"(0, 1)": -1', "negative count", "-1"),
    ('"(0, 1)": 1.0', "the count is not an integer", "1.0"),
    ('"(0, 1)": 1e3', "the count is not an integer", "1e3"),
    ('"(0, 1)": 01', "leading zero", "01"),
    ('"(0, 1)": 9223372036854775808', "above 2\\^63", "92233"),
    ('"(0, 1)": 99999999999999999999999999', "above 2\\^63", "99999"),
    ('"(0, 1)": NaN', "count is expected", "NaN"),
    ('"(0, 1)": Infinity', "count is expected", "Inf"),
    ('"(0, 1)": true', "count is expected", "true"),
    ('"(0, 1)": null', "count is expected", "null"),
    ('"(0, 1)": "45"', "count is expected", '"45"'),
    ('"(0, 1)": {"a": 1}', "count is expected", '{"a"'),
    ('"(0, 1)": [1]', "count is expected", "[1]"),
    ('"(0, 1)" 1', "':'", "1}"),
    ('"(0, 1)": 1 "(1, 0)": 2', "','", '"(1, 0)'),
    ('"(0, 1)": 1,', "comma before", ",}"),
    ('"(0, 1)": 1,, "(1, 0)": 2', "in quotes", ', "(1'),
    ('"(0, 1)": 1, "(1, 0, 0)": 2', "2 modes", "0)"),
    ('"(0, 1)": 1, "(1)": 2', "2 modes", ")"),
    ('"(0, 1)": 1, "()": 2', "2 modes", ")"),
    ("(0, 1): 1", "in quotes", "(0"),
    ("'(0, 1)': 1", "in quotes", "'(0"),
]


@pytest.mark.parametrize(("results", "reason", "text"), ERRORS)
@pytest.mark.parametrize("rows_before", [0, 20])
def test_an_error_names_the_byte_and_shows_the_text(results, reason, text, rows_before):
    """The same fault is found at the same place by the general path and behind rows read by the quick one."""
    before = "".join(f'"({k % 10}, {k // 10 + 3})": {k}, ' for k in range(rows_before))
    body = body_of(before + results)
    with pytest.raises(lw.ResultFormatError, match=reason) as caught:
        lw.decode_result(body)
    message = str(caught.value)
    position = int(message.split()[1].rstrip(":"))
    assert body[position:].decode(errors="replace").startswith(text), message
    assert ">>>" + body[position : position + 2].decode(errors="replace")[:1] in message
    with pytest.raises(slow.Refused):
        slow.decode(body.replace(b"\\u0031", b"x").replace(b"\\n", b"x"))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "There is no text at all: .* starts with '{'\\.$"),
        (b"[]", "starts with"),
        (b"null", "starts with"),
        (b"{}", "no member 'results'"),
        (b'{"other": 1}', "no member 'results'"),
        (b'{"results": []}', "object or null"),
        (b'{"results": 1}', "object or null"),
        (b'{"results": "x"}', "object or null"),
        (b'{"results": {}} x', "more text"),
        (b'{"results": {}}{"results": {}}', "more text"),
        (b'{"results": {}, "results": {}}', "twice"),
        (b'{"results": {}, "job_data": {"a": }}', "not valid JSON"),
        (b'{"results": {}, "job_data": {"a": NaN}}', "not valid JSON"),
        (b'{"results": {}, "x": tru}', "not valid JSON"),
        (b'{"results": {}, "x": }', "value is expected"),
        (b'{"results": {}, }', "name of a member"),
        (b'{"results": {} "x": 1}', "','"),
        (b'{"results" {}}', "':'"),
        (b'{"results": {}, "x": [1}', "closes none"),
        (b'{"results": {}, "x": [[[', "ends here"),
        (b'{"results": {}, "x": "abc', "ends here"),
        (b'{"results": {}, "x": "a\\', "ends here"),
        (b'{"results": {}, "\xff": 1}', "not valid JSON"),
        (b'\xef\xbb\xbf{"results": {}}', "byte order mark"),
        (b'{"results": {}, "x": ' + b"[" * 10000 + b"]" * 10000 + b"}", "levels deep"),
        (b'{"results": {}, "x": ' + b"[" * 1000, "levels deep"),
    ],
)
def test_what_is_around_the_table_is_checked_too(body, reason):
    with pytest.raises(lw.ResultFormatError, match=reason):
        lw.decode_result(body)


def test_a_body_cut_anywhere_is_an_error():
    body = body_of('"(0, 1, 2)": 45, "(1, 0, 2)": 3', after=', "job_data": {"a": [1, "x\\""], "b": null}')
    assert as_dict(lw.decode_result(body)) == {(0, 1, 2): 45, (1, 0, 2): 3}
    for length in range(len(body)):
        with pytest.raises(lw.ResultFormatError):
            lw.decode_result(body[:length])
        with pytest.raises(lw.ResultFormatError):
            lw.decode_result(body[:length] + b"\x00" + body[length + 1 :])


def test_a_long_body_cut_anywhere_is_an_error():
    """Rows of 20 modes, so that the cut meets the quick path at every byte of a row."""
    rng = np.random.default_rng(3)
    body = lw.encode_result(rng.integers(0, 3, (40, 20)), rng.integers(0, 10**6, 40))
    for length in range(len(body) - 400, len(body)):
        with pytest.raises(lw.ResultFormatError, match=f"Byte {length}"):
            lw.decode_result(body[:length])


def test_null_results_give_empty_arrays_and_the_job_data():
    decoded = lw.decode_result(b'{"results": null, "job_data": {"x": 1}}')
    assert decoded.is_null
    assert decoded.states.shape == (0, 0)
    assert decoded.counts.shape == (0,)
    assert decoded.job_data == {"x": 1}
    empty = lw.decode_result(b'{"results": {}}')
    assert not empty.is_null
    assert empty.states.shape == (0, 0)
    assert empty.job_data is None


def test_members_may_come_in_any_order_with_any_space_and_unknown_ones():
    body = (
        b'\n{ "x" : [1, {"results": {"(9)": 9}}] ,\t"job_data":{"q":"\\u00e9\\"}","r":"{"},\r\n'
        b'"resu\\u006cts"\n:\n{ "(0, 1)"\t:\n1 ,\n"(1, 0)":2} , "y": "}" } \n'
    )
    decoded = lw.decode_result(body)
    assert as_dict(decoded) == {(0, 1): 1, (1, 0): 2}
    assert decoded.job_data == {"q": 'é"}', "r": "{"}


def test_counts_are_exact_to_int64_and_equal_states_are_added_up():
    top = 2**63 - 1
    body = body_of(f'"(0, 1)": {2**53 + 1}, "(1, 1)": {top}, "0,1": 2')
    assert as_dict(lw.decode_result(body)) == {(0, 1): 2**53 + 3, (1, 1): top}
    with pytest.raises(lw.ResourceLimitError, match="2\\^63"):
        lw.decode_result(body_of(f'"(1, 1)": {top}, "[1, 1]": 1'))


def test_every_kind_of_buffer_is_read(tmp_path):
    body = lw.encode_result([[0, 1], [2, 0]], [3, 4])
    path = tmp_path / "body.json"
    path.write_bytes(body)
    strided = memoryview(b"".join(bytes([b, 0]) for b in body))[::2]
    bodies = [body, bytearray(body), memoryview(body), strided, body.decode(), path, io.BytesIO(body)]
    bodies.append(np.frombuffer(body, np.uint8))
    for given_body in bodies:
        assert as_dict(lw.decode_result(given_body)) == {(0, 1): 3, (2, 0): 4}
    with path.open("rb") as file:
        assert as_dict(lw.decode_result(file)) == {(0, 1): 3, (2, 0): 4}
    with path.open() as text, pytest.raises(TypeError, match="'rb'"):
        lw.decode_result(text)
    with pytest.raises(TypeError, match="got int"):
        lw.decode_result(5)
    with pytest.raises(lw.ResultFormatError):
        lw.decode_result("\ud800")


@pytest.mark.parametrize("n_modes", [0, 1, 2, 7, 8, 9, 15, 16, 17, 20, 24, 25, 64, 300])
@pytest.mark.parametrize("most", [1, 9, 10, 255])
def test_writing_and_reading_give_back_the_same(n_modes, most):
    """Every width of the word loops, single digits and not, exactly as json.dumps writes it."""
    rng = np.random.default_rng(n_modes * 1000 + most)
    states = np.unique(rng.integers(0, most + 1, (50, n_modes)), axis=0).astype(np.uint8)
    states = states[rng.permutation(len(states))]
    counts = np.array([10 ** (k % 19) - (k % 2) for k in range(len(states))], np.int64)
    expected = {str(tuple(s)): c for s, c in zip(states.tolist(), counts.tolist(), strict=True)}
    body = lw.encode_result(states, counts, {"a": [1, "é"]})
    assert body == json.dumps({"results": expected, "job_data": {"a": [1, "é"]}}).encode()
    decoded = lw.decode_result(body)
    assert np.array_equal(decoded.states, states)
    assert np.array_equal(decoded.counts, counts)
    assert lw.encode_result(decoded.states, decoded.counts, decoded.job_data) == body
    for brackets in ("", "[]"):
        text = encode_table(states, counts, brackets=brackets, indent=4)
        keys = [str(s)[1:-1] if not brackets else str(s) for s in states.tolist()]
        assert text == json.dumps(dict(zip(keys, counts.tolist(), strict=True)), indent=4).encode()
        assert np.array_equal(decode_table(text)[0], states)


def test_empty_tables_are_written_as_json_writes_them():
    assert lw.encode_result(np.zeros((0, 3), np.uint8), []) == b'{"results": {}}'
    assert encode_table(np.zeros((0, 3), np.uint8), np.zeros(0, np.int64), indent=4) == b"{}"
    with pytest.raises(ValueError, match="not JSON compliant"):
        lw.encode_result([[1]], [1], {"x": float("nan")})


SPACES = ["", " ", "  ", "\t", "\n", "\r\n", " \n", "\t\n ", " \t\r\n", " " * 6, " " * 7, " " * 40]


@wraps
@pytest.mark.parametrize("n_modes", range(1, 34))
def test_white_space_between_members_changes_nothing(monkeypatch, n_modes):
    """The same one everywhere, or another behind one comma only; on the quick path, at the end, in chunks."""
    from lwfast.tables.bodies import result_table as _result_table

    rng = np.random.default_rng(n_modes)
    for n_rows in (2, 3, 9):
        states = rng.integers(0, 10, (n_rows, n_modes))
        states[:, 0] = range(n_rows)
        rows = [f'"{tuple(s)}": {10**k}' for k, s in enumerate(states.tolist())]
        for space in SPACES:
            odd = ", ".join(rows[:-1]) + "," + space + rows[-1]
            for members in (("," + space).join(rows), (space + ", ").join(rows) + space, odd):
                for padding, threads_from in ((0, 1 << 30), (200, 1 << 30), (200, 1)):
                    monkeypatch.setattr(_result_table, "LARGE", threads_from)
                    monkeypatch.setattr(_result_table, "_CHUNK", 64)
                    decoded = lw.decode_result(body_of(members) + b" " * padding)
                    assert np.array_equal(decoded.states, states)
                    assert decoded.counts.tolist() == [10**k for k in range(n_rows)]


@wraps
@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("rows", [1, 2, 3, 30])
@pytest.mark.parametrize("separator", [", ", ",  ", ", \n"])
def test_a_comma_before_the_closing_brace_is_named_whatever_is_between(rows, space, separator):
    members = separator.join(f'"({k % 10}, {k // 10})": {k}' for k in range(rows))
    body = body_of(members + "," + space) + b" " * 90
    with pytest.raises(lw.ResultFormatError, match=f"Byte {body.rindex(b',')}: a comma before the closing"):
        lw.decode_result(body)


@wraps
@given(data=st.data(), n_modes=st.integers(1, 33), n_rows=st.integers(1, 9))
def test_white_space_may_stand_wherever_json_allows_it(data, n_modes, n_rows):
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    states = rng.integers(0, data.draw(st.sampled_from([2, 10, 256])), (n_rows, n_modes)).tolist()
    tokens = ["{", '"job_data"', ":", "null", ",", '"results"', ":", "{"]
    for row in states:
        tokens += [f'"{tuple(row)}"', ":", str(int(rng.integers(0, 10**6))), ","]
    tokens[-1:] = ["}", "}"]
    expected = lw.decode_result("".join(tokens))
    usual = data.draw(st.sampled_from(["", " "]))  # rows of one layout take the quick path
    behind = [usual if token in ":," else "" for token in tokens]
    white = st.text(" \t\n\r", max_size=9)
    for at, space in data.draw(st.dictionaries(st.integers(0, len(tokens) - 1), white, max_size=4)).items():
        behind[at] = space
    text = "".join(token + space for token, space in zip(tokens, behind, strict=True))
    decoded = lw.decode_result(data.draw(white) + text)
    assert np.array_equal(decoded.states, expected.states)
    assert np.array_equal(decoded.counts, expected.counts)


@given(data=st.data(), n_modes=st.integers(0, 30))
def test_any_mix_of_key_forms_and_space_is_read_as_the_slow_reader_does(data, n_modes):
    keys = data.draw(st.lists(state_keys(n_modes), max_size=12))
    keys += keys[: data.draw(st.integers(0, 4))]
    space = st.sampled_from(["", " ", "\n    "])
    count = st.integers(0, 2**62) | st.integers(2**61, 2**62)  # sums that do not fit among them
    rows = [f'"{k}"{data.draw(space)}:{data.draw(space)}{data.draw(count)}{data.draw(space)}' for k in keys]
    body = body_of(f",{data.draw(space)}".join(rows))
    try:
        expected = slow.decode(body)[0]
    except slow.Refused:
        with pytest.raises(lw.ResourceLimitError):
            lw.decode_result(body)
        return
    decoded = lw.decode_result(body)
    assert as_dict(decoded) == expected
    assert list(as_dict(decoded)) == list(expected)


@given(table=tables(), data=st.data())
@settings(max_examples=300)
def test_a_damaged_body_is_refused_or_read_as_the_slow_reader_does(table, data):
    body = bytearray(lw.encode_result(*table, {"post_select": [[[0], [1]]], "x": "é"}))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(body) - 1))
        piece = data.draw(st.sampled_from(PIECES) | st.binary(max_size=3))
        body[at : at + data.draw(st.integers(0, 4))] = piece
    check_against_slow(bytes(body))


PIECES = [
    b'"',
    b"(",
    b")",
    b",",
    b" ",
    b"0",
    b"9",
    b"-",
    b".",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b"\\",
    b"\n",
    b"null",
]


def check_against_slow(body: bytes) -> None:
    """Both read the same, or both refuse; an escape in a key only we refuse."""
    try:
        expected = slow.decode(body)
    except slow.Refused:
        expected = None
    try:
        decoded = lw.decode_result(body)
    except (lw.ResultFormatError, lw.ResourceLimitError):
        results, _, _ = body.partition(b'"job_data"')  # which holds an escape of its own
        assert expected is None or b"\\" in results, body
        return
    assert expected is not None, body
    assert list(as_dict(decoded).items()) == list(expected[0].items())
    assert decoded.is_null == expected[2]
    assert decoded.job_data == expected[1]


def test_the_compiled_reader_and_its_source_agree():
    """`.py_func` runs the same code without Numba: same rows, same error at the same byte."""
    from lwfast._kernels.tables import state_text as kernels

    rng = np.random.default_rng(5)
    body = lw.encode_result(rng.integers(0, 12, (5, 9)), rng.integers(0, 10**9, 5))
    for text in (body, body[:-30], body.replace(b",", b"x", 40)):
        buffer = np.frombuffer(text, np.uint8)
        start = text.index(b'"(')
        answers = []
        for scan in (kernels.scan_rows, plain(kernels.scan_rows)):
            out, counts = np.zeros(9 * 6, np.uint8), np.zeros(6, np.int64)
            with np.errstate(over="ignore"):
                answers.append(
                    (*map(int, scan(buffer, start, len(text), len(text), 9, out, counts)), out, counts)
                )
        assert answers[0][:3] == answers[1][:3]
        assert np.array_equal(answers[0][4], answers[1][4])


def _outcome(body):
    try:
        decoded = lw.decode_result(body)
    except ValueError as error:
        return type(error), str(error)
    return decoded.states.shape, decoded.states.tolist(), decoded.counts.tolist(), decoded.job_data


SHORT = [
    '"(0, 1)": 2, "(1, 0)": 3',
    '"(1, 0)": 3, "(0, 1)": 2',
    '"(1, 0)": 3, "(0, 1)": 2, "(1, 0)": 4',
    f'"(1, 0)": {2**63 - 1}, "(0, 1)": 2, "(1, 0)": 4',
    '"()": 3, "()": 4',
    '"(3,)": 1',
    '"(0, 256)": 1',
    '"results": 1',
    "",
]
BEHIND = ["", " ", ", ", ', "job_data": {"a": [1, "}"]}', ', "job_data": 1, "x": null', ', "results": {}']


@wraps
@pytest.mark.parametrize("results", SHORT)
@pytest.mark.parametrize("after", BEHIND)
def test_the_short_way_is_the_long_one(results, after):
    """Small bodies, whole, cut and with more behind: bytes give what a buffer does, never read so."""
    body = body_of(results, after=after)
    for text in (body, body + b"\n", body + b"}", body[:-1], body[:-4], b" " + body):
        short, long = _outcome(text), _outcome(bytearray(text))
        assert short == long


@wraps
@pytest.mark.parametrize("n_modes", [1, 2, 7, 8, 20, 21, 22, 45, 64, 130])
def test_reading_in_chunks_changes_nothing(monkeypatch, n_modes):
    """Whatever the body, the chunks and the threads: the same table, or the same error at the same byte."""
    from lwfast._base import parallel as _parallel
    from lwfast.tables.bodies import result_table as _result_table

    rng = np.random.default_rng(n_modes)
    states = rng.integers(0, 10, (80, n_modes))
    states[rng.integers(0, 80, 3), -1] = 123
    counts = 10 ** rng.integers(0, 12, 80)
    plain = lw.encode_result(states, counts, {"names": ['a": "(0)"', ', "(1, 2)": 3'] * 9})
    bodies = [plain, plain.replace(b", ", b","), plain.replace(b'": ', b'"  :\n')]
    bodies += [plain.replace(b'"(', b'\n   "['), plain[:-40]]
    bodies[3] = bodies[3].replace(b')":', b']":')
    for _ in range(40):
        damaged = bytearray(bodies[rng.integers(0, 4)])
        at = int(rng.integers(0, len(damaged)))
        damaged[at : at + int(rng.integers(0, 3))] = rng.choice(
            list(b'",:() 01}x'), rng.integers(0, 3)
        ).tolist()
        bodies.append(bytes(damaged))
    for body in bodies:
        monkeypatch.setattr(_result_table, "LARGE", 1 << 30)
        expected = _outcome(body)
        monkeypatch.setattr(_result_table, "LARGE", 1)
        for chunk, cores in ((40, 1), (333, 3), (5000, 2)):
            monkeypatch.setattr(_result_table, "_CHUNK", chunk)
            monkeypatch.setattr(_parallel, "available_cores", lambda cores=cores: cores)
            assert _outcome(body) == expected


@pytest.mark.parametrize("n_modes", [0, 1, 2, 9, 21, 30])
@pytest.mark.parametrize("rows", [1, 7, 50])
def test_writing_in_chunks_changes_nothing(monkeypatch, n_modes, rows):
    from lwfast._base import parallel as _parallel
    from lwfast.tables.bodies import result_json

    rng = np.random.default_rng(n_modes)
    states = rng.integers(0, 11, (100, n_modes)).astype(np.uint8)
    counts = 10 ** rng.integers(0, 12, 100) - rng.integers(0, 2, 100)
    layouts = [{}, {"indent": 4}, {"brackets": "", "indent": 0}, {"brackets": "[]", "suffix": b"!"}]
    expected = [encode_table(states, counts, **layout) for layout in layouts]
    monkeypatch.setattr(result_json, "_CHUNK_ROWS", rows)
    for cores in (1, 3):
        monkeypatch.setattr(_parallel, "available_cores", lambda cores=cores: cores)
        assert [encode_table(states, counts, **layout) for layout in layouts] == expected


@wraps
def test_every_length_of_a_count_is_written():
    n_modes = 20
    counts = np.array([n + d for n in 10 ** np.arange(19) for d in (-1, 0, 1)] + [999, 1001, 2**63 - 1])
    states = np.zeros((counts.size, n_modes), np.uint8)
    expected = ", ".join(f'"({", ".join("0" * n_modes)})": {n}' for n in counts.tolist())
    assert lw.encode_result(states, counts) == b'{"results": {%b}}' % expected.encode()


def test_the_compiled_count_of_quotes_and_its_source_agree():
    from lwfast._kernels.tables import state_text_skip as kernels

    text = b'{"(0, 1)": 4, "(1, 0)"  :3,  "(' + b'"' * 20 + b"x" * 2100 + b'"'
    buffer = np.frombuffer(text, np.uint8).copy()
    for start in range(60):
        for end in (start, start + 1, start + 13, len(text)):
            for count in (
                kernels.count_quotes,
                plain(kernels.count_quotes),
            ):
                with np.errstate(over="ignore"):
                    assert count(buffer, start, end) == text.count(b'"', start, end)


@pytest.mark.parametrize("half", [r"\ud800", r"\udc00", r"\ud800x", r"\ud800\ud800", r"\\\uDBFF"])
def test_half_a_surrogate_pair_is_named(half):
    body = '{"results": {"(0, 1)": 1}, "note": "a' + half + '"}'
    at = body.rindex("\\u") if half.endswith("FF") else body.index("\\u")
    with pytest.raises(lw.ResultFormatError, match=f"Byte {at}: an escape of half a surrogate pair"):
        lw.decode_result(body)
    whole = body.replace(half, r"\ud83d\ude00 \\ud800")
    assert lw.decode_result(whole).counts.tolist() == [1]


def test_a_value_that_is_incomplete_is_not_the_end_of_the_body():
    with pytest.raises(lw.ResultFormatError, match="not valid JSON: it is incomplete"):
        lw.decode_result('{"note": tru, "results": {}}')
