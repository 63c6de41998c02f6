"""Checking payloads: every violation of every field, named as on the wire."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from lwfast._base.limits import MAX_QPU_MODES, SINGLE_PRECISION
from lwfast._types import ComplexArray
from lwfast.scheduler.faults import RequestError
from lwfast.scheduler.jobs import NewJob
from lwfast.scheduler.qpus import QPUConfig
from lwfast.scheduler.validation.circuit_spec import check_circuit_spec
from lwfast.scheduler.validation.rules_data import check_job_data
from lwfast.scheduler.validation.sweep_time import check_time
from lwfast.scheduler.validation.sweeps import check_sweep
from lwfast.scheduler.validation.violations import Violations, shown
from lwfast.wire import BATCH_JOBS, BATCH_PARTS, FieldError, matrix_from_text

MAX_NAME = 1000
MOST_BATCH_ERRORS = 1000

REQUIRED = (
    "qpu",
    "job_name",
    "lightworks_version",
    "n_modes",
    "input",
    "n_samples",
    "min_detection",
    "direct_implementation",
    "unitary",
)
FIELDS = (*REQUIRED, "circuit_spec", "job_data")
SWEEP = "sweep"
"""A field of lwfast's own: stored where it is sent, so that other payloads are what they always were."""


def parse_json(body: bytes) -> Any:
    """Parse a request's body.

    Raises:
        RequestError: It is not JSON, nested deeper than the parser goes, or made of very many parts.
    """
    if body.count(b"[") + body.count(b"{") > BATCH_PARTS:
        raise RequestError.of(
            "body", f"has more than {BATCH_PARTS} lists and objects; send fewer jobs at once"
        )
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RequestError.of("body", f"is not JSON: {error}") from None
    except RecursionError:
        raise RequestError.of("body", "is nested too deeply") from None


def check_one(value: Any, qpus: Mapping[str, QPUConfig]) -> NewJob:
    """Check the payload of one job.

    Raises:
        RequestError: With every violation.
    """
    job, errors = _check(value, qpus, "")
    if job is None:
        raise RequestError(errors)
    return job


def check_batch(value: Any, qpus: Mapping[str, QPUConfig]) -> list[NewJob]:
    """Check `{"jobs": [payload, ...]}`; names read `jobs[3].n_samples`.

    Raises:
        RequestError: With every violation of every job.
    """
    if not isinstance(value, dict) or not isinstance(value.get("jobs"), list):
        raise RequestError.of("jobs", 'the body should be an object {"jobs": [payload, ...]}')
    payloads = value["jobs"]
    if unknown := [name for name in value if name != "jobs"]:
        raise RequestError.of(unknown[0][:100], "is not a field of a batch")
    if not 1 <= len(payloads) <= BATCH_JOBS:
        raise RequestError.of("jobs", f"has {len(payloads)} jobs; a batch has 1 to {BATCH_JOBS}: split it")
    jobs: list[NewJob] = []
    errors: list[FieldError] = []
    for index, payload in enumerate(payloads):
        job, found = _check(payload, qpus, f"jobs[{index}].")
        errors += found
        if len(errors) > MOST_BATCH_ERRORS:
            errors.append(FieldError(name="jobs", reason=f"those after jobs[{index}] were not checked"))
            break
        if job is not None:
            jobs.append(job)
    if errors:
        raise RequestError(errors)
    return jobs


def stored_form(value: Any) -> bytes | None:
    """The form in which a payload is stored, and which its idempotency key stands for.

    It depends on the payload alone, not on the QPUs; None for what no QPU could take.
    """
    if not isinstance(value, dict) or not set(REQUIRED) <= set(value) <= {*FIELDS, SWEEP}:
        return None
    payload = {name: value.get(name) for name in FIELDS}
    if SWEEP in value:
        payload[SWEEP] = value[SWEEP]
    if payload["min_detection"] is None:  # as many as are put in
        photons = payload["input"]
        if not isinstance(photons, list) or any(type(number) is not int for number in photons):
            return None
        payload["min_detection"] = sum(photons)
    return msgspec.json.encode(payload)


def _check(value: Any, qpus: Mapping[str, QPUConfig], prefix: str) -> tuple[NewJob | None, list[FieldError]]:
    found = Violations(prefix)
    if not isinstance(value, dict):
        return None, [
            FieldError(name=prefix.rstrip(".") or "body", reason=f"should be an object, got {shown(value)}")
        ]
    for name in REQUIRED:
        if name not in value:
            found.add(name, "is missing")
    for name in value:
        if name not in FIELDS and name != SWEEP:
            found.add(name, "is not a field of a job")
    qpu = _qpu(value, qpus, found)
    for name, kind in (("job_name", str), ("lightworks_version", str), ("direct_implementation", bool)):
        if name in value:
            found.expect(name, value[name], kind)
    job_name = value.get("job_name")
    if isinstance(job_name, str) and len(job_name) > MAX_NAME:
        found.add("job_name", f"has {len(job_name)} characters and {MAX_NAME} are allowed")
    n_modes = _n_modes(value, qpu, found)
    n_photons = _input(value, n_modes, qpu, found)
    min_detection = _min_detection(value, n_photons, qpu, found)
    n_samples = _n_samples(value, min_detection, qpu, found)
    unitary = _unitary(value, n_modes, found)
    _spec(value, n_modes, unitary, found)
    sweep = check_sweep(value[SWEEP], n_modes, found) if SWEEP in value else None
    if value.get("job_data") is not None:
        check_job_data(value["job_data"], n_modes, found)
    if (
        found
        or qpu is None
        or n_modes is None
        or n_photons is None
        or n_samples is None
        or min_detection is None
        or unitary is None
    ):
        return None, found.errors
    if sweep is not None:
        check_time(sweep, unitary, tuple(value["input"]), n_samples, min_detection, qpu, found)
        if found:
            return None, found.errors
    payload = stored_form(value)
    assert payload is not None  # noqa: S101  (it has all fields and no other)
    job = NewJob(
        name=value["job_name"],
        qpu=qpu.name,
        n_modes=n_modes,
        n_photons=n_photons,
        n_samples=n_samples * (1 if sweep is None else sweep.n_settings),
        min_detection=min_detection,
        timeout_seconds=qpu.timeout_seconds,
        payload=payload,
        hardware=msgspec.json.encode(qpu.hardware_for(n_modes)),
        seed=secrets.randbits(63),
    )
    return job, []


def _qpu(value: dict[str, Any], qpus: Mapping[str, QPUConfig], found: Violations) -> QPUConfig | None:
    if "qpu" not in value or not found.expect("qpu", value["qpu"], str):
        return None
    qpu = qpus.get(value["qpu"])
    if qpu is None:
        found.add("qpu", f"unknown QPU {value['qpu'][:60]!r}; there are: {', '.join(qpus)}")
    return qpu


def _n_modes(value: dict[str, Any], qpu: QPUConfig | None, found: Violations) -> int | None:
    if "n_modes" not in value or not found.expect("n_modes", value["n_modes"], int):
        return None
    n_modes: int = value["n_modes"]
    limit = qpu.n_modes if qpu is not None else MAX_QPU_MODES
    if not 1 <= n_modes <= limit:
        found.add("n_modes", f"should be from 1 to {limit}, got {shown(n_modes)}")
        return None
    return n_modes


def _input(
    value: dict[str, Any], n_modes: int | None, qpu: QPUConfig | None, found: Violations
) -> int | None:
    """Return the photons put in, or None where the input is not valid."""
    if "input" not in value or not found.expect("input", value["input"], list):
        return None
    photons: list[Any] = value["input"]
    before = len(found.errors)
    if n_modes is not None and len(photons) != n_modes:
        found.add("input", f"has {len(photons)} modes and n_modes is {n_modes}")
    for mode, number in enumerate(photons):
        if type(number) is not int:
            found.add("input", f"mode {mode} should hold an integer, got {shown(number)}")
            break
        if not 0 <= number <= 1:
            found.add("input", f"mode {mode} holds {shown(number)}; a mode takes 0 or 1 photons")
            break
    if len(found.errors) > before:
        return None
    total = int(sum(photons))
    limit = qpu.max_photon_input if qpu is not None else len(photons)
    if not 1 <= total <= limit:
        found.add("input", f"holds {total} photons; the QPU takes 1 to {limit}")
        return None
    return total


def _min_detection(
    value: dict[str, Any], n_photons: int | None, qpu: QPUConfig | None, found: Violations
) -> int | None:
    if "min_detection" not in value:
        return None
    least = value["min_detection"]
    if least is None:  # as many as were put in
        if n_photons is None:
            return None
        least = n_photons
    elif not found.expect("min_detection", least, int):
        return None
    if least < 1:
        found.add("min_detection", f"should be at least 1, got {shown(least)}")
        return None
    good = True
    if n_photons is not None and least > n_photons:
        found.add("min_detection", f"is {shown(least)} and only {n_photons} photons are put in")
        good = False
    if qpu is not None and least > qpu.max_detection_filter:
        found.add(
            "min_detection", f"is {shown(least)} and the QPU filters for at most {qpu.max_detection_filter}"
        )
        good = False
    return int(least) if good else None


def _n_samples(
    value: dict[str, Any], min_detection: int | None, qpu: QPUConfig | None, found: Violations
) -> int | None:
    if "n_samples" not in value or not found.expect("n_samples", value["n_samples"], int):
        return None
    n_samples: int = value["n_samples"]
    if n_samples < 1:
        found.add("n_samples", f"should be at least 1, got {shown(n_samples)}")
        return None
    if qpu is not None:
        limit = qpu.details.samples_allowed(min_detection) if min_detection else qpu.default_max_samples
        if n_samples > limit:
            filtered = f" with min_detection {min_detection}" if min_detection else ""
            found.add("n_samples", f"is {shown(n_samples)} and the QPU takes at most {limit}{filtered}")
            return None
    return n_samples


def _unitary(value: dict[str, Any], n_modes: int | None, found: Violations) -> ComplexArray | None:
    if "unitary" not in value or not found.expect("unitary", value["unitary"], list):
        return None
    rows = len(value["unitary"])
    if rows > (n_modes or MAX_QPU_MODES):  # before reading what may be millions of rows
        found.add("unitary", f"has {rows} rows, more than the modes")
        return None
    try:
        matrix = matrix_from_text(value["unitary"])
    except ValueError as error:
        found.add("unitary", str(error))
        return None
    rows, columns = matrix.shape
    if rows != columns or rows != (n_modes or rows) or rows == 0:
        expected = f"{n_modes} × {n_modes}" if n_modes is not None else "square"
        found.add("unitary", f"is {rows} × {columns} and should be {expected}")
        return None
    if not np.isfinite(matrix).all():
        row, column = np.argwhere(~np.isfinite(matrix))[0]
        found.add("unitary", f"Row {row}, column {column} is not finite.")
        return None
    # In NumPy and not with the kernel behind `lwfast.optics.unitary`: the server process never loads Numba.
    with np.errstate(all="ignore"):
        deviation = float(np.abs(matrix.conj().T @ matrix - np.eye(rows)).max())
    if not deviation <= SINGLE_PRECISION:
        found.add(
            "unitary",
            f"is not unitary: the largest entry of |U^H U - 1| is {deviation:.3g} "
            f"and {SINGLE_PRECISION:g} is allowed",
        )
        return None
    return matrix


def _spec(
    value: dict[str, Any], n_modes: int | None, unitary: ComplexArray | None, found: Violations
) -> None:
    spec, direct = value.get("circuit_spec"), value.get("direct_implementation")
    if spec is not None and direct is False:
        found.add("circuit_spec", "is only sent with direct_implementation true")
    elif spec is None and direct is True:
        found.add("circuit_spec", "is missing and direct_implementation is true")
    elif spec is not None:
        check_circuit_spec(spec, n_modes, unitary, found)
