"""What a page shows of a job's payload: the unitary, what goes in, and which outcomes count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from lwfast.rules import Rule, as_heralds, as_rules
from lwfast.scheduler.web.pages.charts import CELL, MOST_CELLS, Phasor, phasors
from lwfast.wire import SweepForm, matrix_from_text
from lwfast.wire.sweep_form import values_of


@dataclass(frozen=True, kw_only=True)
class InputDot:
    """A mode of the input: where it stands above its column, and how many photons it gets."""

    x: float
    mode: int
    photons: int


@dataclass(frozen=True, kw_only=True)
class SweptParameter:
    """A parameter of a sweep: its name, how many values it has, and their range."""

    name: str
    count: int
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class PayloadView:
    """A payload as the page shows it.

    Attributes:
        n_modes: Modes of the circuit.
        dots: The input, a dot for each mode.
        photons: The modes that photons are put into, in words.
        entries: The entries of the unitary; empty where it has too many modes.
        side: Side of its drawing.
        heralds: Photon numbers that a mode has to show, by mode.
        rules: The rules of the job, in words.
        is_direct: Whether the circuit is to be implemented as it stands.
        n_elements: Number of elements of the circuit, where they were sent.
        version: The Lightworks version of the sender.
        parameters: Of a sweep, what varies.
    """

    n_modes: int
    dots: list[InputDot]
    photons: str
    entries: list[Phasor]
    side: float
    heralds: dict[int, str]
    rules: list[str]
    is_direct: bool
    n_elements: int
    version: str
    parameters: list[SweptParameter]


def payload_view(body: bytes) -> PayloadView:
    """Return what is shown of a payload that was checked when it was accepted."""
    payload: dict[str, Any] = msgspec.json.decode(body)
    n_modes: int = payload["n_modes"]
    photons: list[int] = payload["input"]
    job_data: dict[str, Any] = payload.get("job_data") or {}
    heralds = as_heralds(job_data.get("herald") or [])
    entries = phasors(matrix_from_text(payload["unitary"])) if n_modes <= MOST_CELLS else []
    lit = [str(mode) for mode, number in enumerate(photons) if number]
    return PayloadView(
        n_modes=n_modes,
        dots=[
            InputDot(x=(mode + 0.5) * CELL, mode=mode, photons=number) for mode, number in enumerate(photons)
        ],
        photons=f"one photon in {'mode' if len(lit) == 1 else 'each of the modes'} {', '.join(lit)}",
        entries=entries,
        side=CELL * n_modes,
        heralds={mode: " or ".join(map(str, numbers)) for mode, numbers in heralds.items()},
        rules=[rule_words(rule) for rule in as_rules(job_data.get("post_select") or [])],
        is_direct=payload["direct_implementation"],
        n_elements=len(payload.get("circuit_spec") or []),
        version=payload["lightworks_version"],
        parameters=_parameters(payload["sweep"]) if "sweep" in payload else [],
    )


def rule_words(rule: Rule) -> str:
    """Write a rule as `rule_text` reads it."""
    left = " + ".join(f"n[{mode}]" for mode in rule.modes)
    totals = ", ".join(map(str, rule.totals))
    return f"{left} == {totals}" if len(rule.totals) == 1 else f"{left} in {{{totals}}}"


def _parameters(form: Any) -> list[SweptParameter]:
    sweep = msgspec.convert(form, SweepForm)
    found = []
    for index, name in enumerate(sweep.labels):
        values = values_of(sweep, index, sweep.n_settings)
        if values is not None and len(values):
            low, high = float(values.min()), float(values.max())
            found.append(SweptParameter(name=name, count=len(values), low=low, high=high))
    return found
