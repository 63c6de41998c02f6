"""The wire's result JSON: bytes to arrays and back."""

from __future__ import annotations

import io
import itertools
import os
import re
from typing import Any, NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from lwfast._base.buffers import new_bytes, readable
from lwfast._base.files.file_memory import check_json, read_file
from lwfast._base.parallel import run_chunks
from lwfast._kernels.report import are_compiled_here
from lwfast._texts import ended
from lwfast._types import AnyArray, Counts, StateTable
from lwfast.errors import ResourceLimitError, ResultFormatError
from lwfast.tables.bodies.result_errors import half_pair, located, reason_of
from lwfast.tables.bodies.result_table import read_small_table, read_table, state_text_kernels
from lwfast.tables.bodies.result_words import read_words
from lwfast.tables.counts import as_counts, as_table, group_checked

_MAX_DEPTH = 512
_SPACE = re.compile(rb"[ \t\n\r]*")
_LAST_SPACE = 32  # no byte above it is one
_OPENING, _CLOSING, _QUOTE, _COLON, _COMMA = b'{}":,'
_RESULTS = b'"results"'
_HEAD = b'{"results": {"'  # of what `encode_result` writes, and schedulers: known at a glance
_SMALL = 1 << 16  # bytes of a body that is read the short way
_NO_STATES = np.empty(0, np.uint8)
_CHUNK_ROWS = 1 << 18  # fewer are written before another thread may have its turn on a busy machine


class DecodedResult(NamedTuple):
    """What a result body holds.

    Attributes:
        states: `uint8[N, n_modes]`, distinct rows in the order of the body. Subtract photon numbers of it as
            `states.astype(int)`: uint8 has no sign and ends at 255.
        counts: `int64[N]`, how often each state was detected.
        job_data: What travelled with the job, or None.
        is_null: The body said `"results": null`: the job has no data (the arrays are empty).
    """

    states: StateTable
    counts: Counts
    job_data: Any = None
    is_null: bool = False


def decode_result(body: Any) -> DecodedResult:
    """Read the answer of the scheduler's results endpoint.

    State keys may be written `(0, 1)`, `[0, 1]` or `0, 1`, with or without a space behind the comma; one
    mode is `(3,)`, `(3)`, `[3]` or `3`, and no mode `()`, `[]` or nothing. The counts of a state that appears
    twice are added. Fields other than `results` and `job_data` are checked and then dropped.

    Args:
        body: JSON as bytes, bytearray, memoryview or str, a path, or a file opened for reading bytes.

    Returns:
        The states, the counts, the job data, and whether the results were null.

    Raises:
        ResultFormatError: If the body is anything else; the message names the byte and shows the text around
            it.
        ResourceLimitError: If the counts of one state add up to more than 2^63 - 1, or other members would
            take more memory than is allowed.

    Example:
        >>> body = lw.encode_result([[1, 0], [0, 1]], [3, 5])
        >>> decoded = lw.decode_result(body)
        >>> decoded.states.tolist(), decoded.counts.tolist()
        ([[1, 0], [0, 1]], [3, 5])
    """
    return decode_members(body)[0]


def decode_members(body: Any, *, words: bool = False) -> tuple[DecodedResult, dict[str, Any]]:
    """Do what `decode_result` does, and return the other members of the body too, by name.

    Args:
        body: The body in any form that `decode_result` takes.
        words: Return the states of a large table as a `PackedTable`, where that takes less room.

    Raises:
        ResultFormatError: As in `decode_result`.
        ResourceLimitError: As in `decode_result`.
    """
    begun = None
    # Kernels compiled ahead of time alone take the read-only view of bytes as it is.
    if type(body) is bytes and len(body) <= _SMALL and body.startswith(_HEAD) and not are_compiled_here():
        # 100 rows in 6 us; the walk from member to member takes 5 more, with three calls for each byte.
        begun = read_small_table(body, len(_HEAD) - 1)
        if begun is not None and body[begun[2] :] == b"}":
            return DecodedResult(begun[0], begun[1]), {}
    return _Body(_as_bytes(body), words).read(begun)


def decode_table(body: Any, *, words: bool = False) -> tuple[Any, Counts]:
    """Read a JSON object of states and counts with nothing around it, as `save()` writes it.

    Args:
        body: The body in any form that `decode_result` takes.
        words: Whether large tables come as words, as in `decode_members`.

    Raises:
        ResultFormatError: As in `decode_result`.
        ResourceLimitError: As in `decode_result`.
    """
    walker = _Body(_as_bytes(body), words)
    position = walker.skip_space(0)
    walker.expect(position, _OPENING, "a result file starts with '{'")
    states, counts, position = walker.table(position)
    walker.expect_end(position)
    return states, counts


def encode_result(states: Any, counts: Any, job_data: Any = None) -> bytes:
    """Write the answer of the scheduler's results endpoint.

    The bytes are those of `json.dumps({"results": {"(0, 1)": 45, ...}, "job_data": ...})`; rows are written
    as they are given, even equal ones.

    Args:
        states: Photon numbers, `(N, n_modes)`, integers from 0 to 255.
        counts: `(N,)` integers, not negative.
        job_data: JSON-like data to return with the result; by default None, which leaves the field out.

    Returns:
        UTF-8 text.

    Raises:
        TypeError: If the arrays do not hold integers, or `job_data` cannot be written as JSON.
        ValueError: If a shape does not fit, a number is outside its range, or `decode_result` would not read
            `job_data`: half of a surrogate pair, lists nested without end.

    Example:
        >>> lw.encode_result([[1, 0], [0, 1]], [3, 5])
        b'{"results": {"(1, 0)": 3, "(0, 1)": 5}}'
    """
    table = as_table(states)
    column = as_counts(counts, table.shape[0])
    suffix = b"}" if job_data is None else b', "job_data": %b}' % _json_text(job_data)
    return encode_table(table, column, prefix=b'{"results": ', suffix=suffix)


def _json_text(job_data: Any) -> bytes:
    """Return job data as JSON that `decode_result` reads."""
    import json

    try:
        text = json.dumps(job_data, allow_nan=False).encode()
        _Body(np.frombuffer(text, np.uint8)).value(0)
    except (ResultFormatError, RecursionError) as error:
        raise ValueError(
            f"job_data (with half of a surrogate pair, say) could not be read back: {ended(error)}"
        ) from None
    return text


def encode_table(
    states: StateTable,
    counts: Counts,
    *,
    brackets: str = "()",
    indent: int | None = None,
    prefix: bytes = b"",
    suffix: bytes = b"",
) -> bytes:
    """Write checked columns as a JSON object.

    Args:
        states: `uint8[N, n_modes]`, contiguous, a row per state.
        counts: `int64[N]`, not negative, one per row.
        brackets: `()`, `[]` or nothing, around the modes of a key.
        indent: Spaces before each member, each on its line; None for one line.
        prefix: Text before the object.
        suffix: Text behind the object, as bytes.

    Returns:
        UTF-8 text of the object, as `json.dumps(..., indent=indent)` writes it.
    """
    if states.shape[0] == 0:
        return prefix + b"{}" + suffix
    from lwfast._kernels.tables import state_text_write as kernels

    opening, closing = (ord(brackets[0]), ord(brackets[1])) if brackets else (0, 0)
    spaces, separator = (-1, b", ") if indent is None else (indent, b",")
    suffix = (b"}" if indent is None else b"\n}") + suffix
    n_chunks = -(-states.shape[0] // _CHUNK_ROWS)
    states, counts = readable(states), readable(counts)
    lengths = [0] * n_chunks

    def rows(chunk: int) -> tuple[StateTable, Counts]:
        part = slice(chunk * _CHUNK_ROWS, (chunk + 1) * _CHUNK_ROWS)
        return states[part], counts[part]

    def measure(chunk: int) -> None:
        lengths[chunk] = _members_length(*rows(chunk), len(brackets), brackets == "()", indent)

    run_chunks(measure, n_chunks)
    steps = (length + len(separator) for length in lengths[:-1])
    starts = list(itertools.accumulate(steps, initial=len(prefix) + 1))
    text, view = new_bytes(starts[-1] + lengths[-1] + len(suffix))
    view[: starts[0]] = np.frombuffer(prefix + b"{", np.uint8)
    view[starts[-1] + lengths[-1] :] = np.frombuffer(suffix, np.uint8)

    def write(chunk: int) -> None:
        start, end = starts[chunk], starts[chunk] + lengths[chunk]
        table, column = rows(chunk)
        flat, n_modes = table.reshape(-1), table.shape[1]
        written = kernels.write_rows(flat, n_modes, column, opening, closing, spaces, view[start:end])
        if written != lengths[chunk]:
            raise AssertionError(f"Wrote {written} bytes where {lengths[chunk]} were counted.")
        if chunk > 0:
            view[start - len(separator) : start] = np.frombuffer(separator, np.uint8)

    run_chunks(write, n_chunks)
    return text


def _members_length(
    states: StateTable, counts: Counts, n_brackets: int, round_brackets: bool, indent: int | None
) -> int:
    """Return the exact length of all members, with what separates them."""
    n_rows, n_modes = map(int, states.shape)
    # Behind the key `": `; between modes and between members `, `, or a comma and a line break before
    # `indent`.
    row = n_modes + 2 * max(n_modes - 1, 0) + n_brackets + 4 + (round_brackets and n_modes == 1)
    length = int(n_rows * (row + 2) - 2 if indent is None else n_rows * (row + 2 + indent) - 1)
    return length + _extra_digits(states) + int(n_rows) + _extra_digits(counts)


def _extra_digits(values: AnyArray) -> int:
    """Return how many decimal digits the numbers have behind their first, all together."""
    top = int(values.max()) if values.size else 0
    return sum(int(np.count_nonzero(values >= 10**k)) for k in range(1, len(str(top))))


def _as_bytes(body: Any) -> NDArray[np.uint8]:
    """Return the body as a contiguous byte array; a path or a file is read."""
    if isinstance(body, str):
        body = body.encode("utf-8", "surrogatepass")
    elif isinstance(body, os.PathLike):
        from pathlib import Path

        body = read_file(Path(body))
    elif isinstance(body, io.TextIOBase):
        raise TypeError("The file is opened as text; open it with mode 'rb'.")
    elif hasattr(body, "read"):
        body = body.read()
    if not isinstance(body, bytes | bytearray):
        try:
            view = memoryview(body)
        except TypeError:
            raise TypeError(
                "A result body should be bytes, bytearray, memoryview, str, a path or a file, got "
                f"{type(body).__name__}."
            ) from None
        body = view.cast("B") if view.c_contiguous else view.tobytes()
    return np.frombuffer(body, np.uint8)


class _Body:
    """Walks the members around the table; the table itself is the kernel's."""

    def __init__(self, buffer: NDArray[np.uint8], words: bool = False) -> None:
        self._words = words
        # Kernels compiled ahead of time take a read-only buffer as it is; an alias takes 2 us.
        self._buffer = readable(buffer) if are_compiled_here() else buffer
        self._bytes = buffer.data
        self._size = buffer.size

    def read(self, begun: tuple[Any, Counts, int] | None = None) -> tuple[DecodedResult, dict[str, Any]]:
        """Read a body.

        Args:
            begun: Columns of the member `results`, where it is the first one and was read already, and the
                offset behind it.
        """
        found: dict[str, Any] = {}
        if begun is None:
            position = self._first(found)
        else:
            *table, position = begun
            found["results"] = tuple(table)
        self.expect_end(self._others(position, found))
        if "results" not in found:
            self.fail(0, "the body has no member 'results'")
        results, job_data = found.pop("results"), found.pop("job_data", None)
        if results is None:
            states, counts = np.zeros((0, 0), np.uint8), np.zeros(0, np.int64)
            return DecodedResult(states, counts, job_data, is_null=True), found
        states, counts = results
        return DecodedResult(states, counts, job_data), found

    def _first(self, found: dict[str, Any]) -> int:
        """Read the opening brace and the first member, if there is one; return the offset behind them."""
        position = self.skip_space(0)
        if self._text(position, position + 3) == b"\xef\xbb\xbf":
            self.fail(position, "a byte order mark; JSON starts with '{'")
        self.expect(position, _OPENING, "a result body is a JSON object and starts with '{'")
        position = self.skip_space(position + 1)
        return position if self._at(position) == _CLOSING else self._member(position, found)

    def _others(self, position: int, found: dict[str, Any]) -> int:
        """Read the members behind one, and the closing brace; return the offset behind it."""
        while True:
            position = self.skip_space(position)
            if self._at(position) == _CLOSING:
                return position + 1
            self.expect(position, _COMMA, "a ',' or '}' follows a member")
            position = self._member(self.skip_space(position + 1), found)

    def _member(self, position: int, found: dict[str, Any]) -> int:
        """Read a member; return the offset behind it."""
        name, after = self._name(position)
        if name in found:
            self.fail(position, f"member {name!r} appears twice")
        position = self.skip_space(after)
        self.expect(position, _COLON, "a ':' follows the name of a member")
        position = self.skip_space(position + 1)
        if name == "results" and self._at(position) == _OPENING:
            *table, position = self.table(position)
            found[name] = tuple(table)
            return position
        value, end = self.value(position)
        if name == "results" and value is not None:
            self.fail(position, "'results' is an object or null")
        found[name] = value
        return end

    def table(self, start: int) -> tuple[Any, Counts, int]:
        """Read the object that starts at `start`; return its columns and the offset behind it."""
        position = self.skip_space(start + 1)
        if self._at(position) == _CLOSING:
            return np.zeros((0, 0), np.uint8), np.zeros(0, np.int64), position + 1
        self.expect(position, _QUOTE, "a state in quotes is expected")
        kernels = state_text_kernels()
        code, at, n_modes = kernels.scan_key(self._buffer, position + 1, self._size, -1, _NO_STATES, 0)
        if code != kernels.DONE:
            self._fail_code(code, at, -1)
        states: Any
        found = read_words(self._buffer, position, int(n_modes)) if self._words else None
        if found is not None:
            at, states, counts = found
        else:
            code, at, states, counts = read_table(self._buffer, position, int(n_modes))
            if code != kernels.DONE:
                self._fail_code(code, at, n_modes)
        try:
            states, counts = group_checked(states, counts, owned=True)
        except ResourceLimitError as error:
            raise ResourceLimitError(f"Results, bytes {start} to {at}: {ended(error)}") from None
        return states, counts, at

    def _name(self, position: int) -> tuple[str, int]:
        self.expect(position, _QUOTE, "the name of a member in quotes is expected")
        end = position + len(_RESULTS)
        # Nearly every name; the decoder takes longer to start than a small table to be read.
        return ("results", end) if self._text(position, end) == _RESULTS else self.value(position)

    def value(self, position: int) -> tuple[Any, int]:
        """Decode the JSON value at `position`; return it and the offset behind it."""
        import msgspec

        end = self._value_end(position)
        text = self._text(position, end)
        check_json(text)
        try:
            return msgspec.json.decode(text), end
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            half = half_pair(text)
            if half is not None:
                self.fail(position + half, "an escape of half a surrogate pair, which is not a character")
            if "truncated" in str(error):  # the body goes on
                self.fail(position, "the value that starts here is not valid JSON: it is incomplete")
            self.fail(position, f"the value that starts here is not valid JSON: {ended(error)}")
        except RecursionError:
            self.fail(position, "the value that starts here is nested too deeply")

    def _value_end(self, position: int) -> int:
        """Find the end of a value by its brackets and quotes; what is inside is checked by the decoder."""
        from lwfast._kernels.tables import state_text_skip as kernels

        end, reason = kernels.value_end(self._buffer, position, self._size, _MAX_DEPTH)
        if reason == kernels.TRUNCATED:
            self.fail(end, "the body ends here, inside a value")
        if reason == kernels.TOO_DEEP:
            self.fail(end, f"nested more than {_MAX_DEPTH} levels deep")
        if reason == kernels.UNMATCHED:
            self.fail(end, "a bracket that closes none")
        if end == position:
            self.fail(position, "a value is expected")
        return int(end)

    def skip_space(self, position: int) -> int:
        if self._at(position) > _LAST_SPACE:
            return position
        space = _SPACE.match(self._bytes, position)
        return space.end() if space else position

    def expect(self, position: int, wanted: int, reason: str) -> None:
        if self._at(position) != wanted:
            self.fail(position, reason)

    def expect_end(self, position: int) -> None:
        position = self.skip_space(position)
        if position != self._size:
            self.fail(position, "more text follows the end of the object")

    def fail(self, position: int, reason: str) -> NoReturn:
        raise ResultFormatError(located(self._buffer, position, reason))

    def _fail_code(self, code: int, position: int, n_modes: int) -> NoReturn:
        self.fail(position, reason_of(code, n_modes))

    def _at(self, position: int) -> int:
        """Return a byte, -1 behind the last one."""
        return self._bytes[position] if position < self._size else -1

    def _text(self, start: int, end: int) -> bytes:
        return bytes(self._bytes[start:end])
