"""The job payload: what a submit sends and what a saved job holds."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from lwfast.state import State
from lwfast.wire.sweep_form import SweepForm


class ArtemisPayload(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One sampling job, as the scheduler takes it.

    Attributes:
        qpu: Name of the QPU.
        job_name: Name of the job; need not be unique.
        lightworks_version: Lightworks version whose behaviour the sender matches.
        n_modes: Number of modes, heralded ones included.
        input: Photons per mode, heralded modes included.
        n_samples: Number of samples to collect.
        min_detection: Fewest photons a sample must have, heralded ones included.
        direct_implementation: Whether `circuit_spec` is to be implemented as it stands.
        unitary: complex128 `(n_modes, n_modes)`; on the wire, rows of `str(complex)`.
        circuit_spec: Flat list of `[name, parameters]`; sent with `direct_implementation` only.
        job_data: Data that the scheduler returns with the result. The client applies its `post_select` and
            `herald`.
        sweep: The settings of a sweep, on lwfast's own wire only; the reference wire does not have this
            field.

    Example:
        >>> task = lw.Sampler(lw.Unitary(lw.random_unitary(4, seed=1)), lw.State([1, 1, 0, 0]), 100)
        >>> job = remote.QPU("Artemis").run(task, job_name="Example")
        >>> job.payload.n_modes, job.payload.n_samples
        (4, 100)
    """

    qpu: str
    job_name: str
    lightworks_version: str
    n_modes: int
    input: State
    n_samples: int
    min_detection: int
    direct_implementation: bool
    unitary: np.ndarray[Any, Any]
    circuit_spec: list[Any] | None = None
    job_data: dict[str, Any] | None = None
    sweep: SweepForm | msgspec.UnsetType = msgspec.UNSET

    @property
    def payload(self) -> dict[str, Any]:
        """The fields as a dictionary, in the order of the wire."""
        fields = {name: getattr(self, name) for name in self.__struct_fields__}
        return {name: value for name, value in fields.items() if value is not msgspec.UNSET}

    def __repr__(self) -> str:
        return f"ArtemisPayload({', '.join(f'{name}={value!r}' for name, value in self.payload.items())})"

    def _repr_html_(self) -> str:
        from lwfast._base.showing.html import code, facts, grouped
        from lwfast._base.showing.matrix_picture import matrix_picture

        rules = self.job_data or {}
        n_settings = None if self.sweep is msgspec.UNSET else "many settings, of which this is the first"
        rows = [
            ("QPU", self.qpu),
            ("Input", code(self.input)),
            ("Modes", self.n_modes),
            ("Samples", grouped(self.n_samples)),
            ("min_detection", self.min_detection),
            ("Elements", "sent, to be implemented as they stand" if self.direct_implementation else None),
            ("Post-selection", rules.get("post_select") or None),
            ("Heralds", rules.get("herald") or None),
            ("Sweep", n_settings),
        ]
        return facts(f"Payload of {self.job_name}", rows, matrix_picture(self.unitary))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ArtemisPayload):
            return NotImplemented
        mine, theirs = self.payload, other.payload
        same_matrix = np.array_equal(mine.pop("unitary"), theirs.pop("unitary"))
        return same_matrix and _plain(mine) == _plain(theirs)

    __hash__ = None  # type: ignore[assignment]


def _plain(value: Any) -> Any:
    """Lists and tuples compare equal once both went over the wire."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
