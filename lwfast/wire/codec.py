"""Encoders and decoders of every struct, made once."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from lwfast.state import State, as_occupation
from lwfast.wire.complex_text import matrix_from_text, matrix_to_text
from lwfast.wire.details import ArtemisJobDetails, ErrorAnswer, JobList, QPUAnswer, QPUListItem
from lwfast.wire.payload import ArtemisPayload
from lwfast.wire.status import Status
from lwfast.wire.v1 import Changes, JobPage, JobRecord, JobRecords, SchedulerStatus


def _to_wire(value: Any) -> Any:
    """Encode what JSON does not know: states, arrays, complex and NumPy numbers."""
    if isinstance(value, State):
        return list(value)
    if isinstance(value, np.ndarray):
        return matrix_to_text(value) if value.ndim == 2 and value.dtype.kind == "c" else _plain_list(value)
    if isinstance(value, np.generic):
        value = value.item()
        return str(value) if isinstance(value, complex) else value
    if isinstance(value, complex):
        return str(value)
    raise NotImplementedError(f"{type(value).__name__} {value!r:.60} has no form on the wire.")


def _plain_list(array: np.ndarray[Any, Any]) -> list[Any]:
    if array.dtype.kind == "c":
        return np.vectorize(str, otypes=[object])(array).tolist()  # type: ignore[no-any-return]
    return array.tolist()  # type: ignore[no-any-return]


def _from_wire(kind: type, value: Any) -> Any:
    """Decode states and matrices; msgspec turns a ValueError into a ValidationError that names the path."""
    if kind is State:
        return State(as_occupation(value))
    return matrix_from_text(value)


UNREADABLE = (msgspec.DecodeError, ValueError, TypeError, OverflowError, RecursionError)
"""What a decoder raises of bytes that are not what it reads: not JSON, nested without end, other fields."""

_encoder = msgspec.json.Encoder(enc_hook=_to_wire)
_payload_decoder = msgspec.json.Decoder(ArtemisPayload, dec_hook=_from_wire)

encode = _encoder.encode
"""Any struct without a status, a payload included, to JSON bytes."""
decode_payload = _payload_decoder.decode
decode_job_details = msgspec.json.Decoder(ArtemisJobDetails).decode
decode_job_list = msgspec.json.Decoder(JobList).decode
decode_qpu = msgspec.json.Decoder(QPUAnswer).decode
decode_qpu_list = msgspec.json.Decoder(list[QPUListItem]).decode
decode_errors = msgspec.json.Decoder(ErrorAnswer).decode
decode_record = msgspec.json.Decoder(JobRecord).decode
decode_records = msgspec.json.Decoder(JobRecords).decode
decode_page = msgspec.json.Decoder(JobPage).decode
decode_changes = msgspec.json.Decoder(Changes).decode
decode_status = msgspec.json.Decoder(SchedulerStatus).decode


def encode_status_bearing(value: ArtemisJobDetails | JobRecord | JobRecords | JobPage | Changes) -> bytes:
    """Encode an answer that holds statuses, in the wire's spelling of them."""
    if not isinstance(value, Changes):
        return _encoder.encode(_spell_statuses(msgspec.to_builtins(value)))
    plain = _spell_statuses(msgspec.to_builtins(msgspec.structs.replace(value, results={})))
    return _encoder.encode({**plain, "results": value.results})  # bodies go out as they are


def payload_from_builtins(value: Any) -> ArtemisPayload:
    """Make a payload of parsed JSON, e.g. of a saved job.

    Raises:
        msgspec.ValidationError: A field is missing or has the wrong type; names its path.
    """
    return msgspec.convert(value, ArtemisPayload, dec_hook=_from_wire)


def payload_to_builtins(payload: ArtemisPayload) -> dict[str, Any]:
    """Turn a payload into plain JSON values, as a saved job holds it."""
    plain: dict[str, Any] = msgspec.to_builtins(payload, enc_hook=_to_wire)
    return plain


_SPELLED = {Status.TIMEDOUT.value: Status.TIMEDOUT.wire_name}


def _spell_statuses(value: Any) -> Any:
    if isinstance(value, dict):
        if value.get("jobStatus") in _SPELLED:
            value["jobStatus"] = _SPELLED[value["jobStatus"]]
        for key in ("items", "jobs"):
            for item in value.get(key, ()):
                _spell_statuses(item)
    return value
