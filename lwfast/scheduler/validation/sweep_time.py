"""How long a sweep takes at the very least: one that its QPU would end is refused before it waits."""

from __future__ import annotations

import math

import msgspec

from lwfast._base.parallel import available_cores
from lwfast._types import ComplexArray
from lwfast.hardware import HardwareModel
from lwfast.optics.costs import CALL_SECONDS, counting_seconds, estimates, least_shots_seconds
from lwfast.optics.experiment import make_experiment
from lwfast.scheduler.qpus import QPUConfig
from lwfast.scheduler.validation.violations import Violations
from lwfast.wire import SweepForm

_SURELY = 2.0
"""How many times faster than estimated another processor may be."""
_STEP = 2.5e-8
_STEP_MODE = 1e-9
"""Seconds of an element, and of each mode that its row has; measured from 2 to 60 modes."""


def check_time(
    form: SweepForm,
    unitary: ComplexArray,
    photons: tuple[int, ...],
    n_samples: int,
    least: int,
    qpu: QPUConfig,
    found: Violations,
) -> None:
    """Note where a sweep cannot end in the time that its QPU gives a job.

    Args:
        form: The elements and settings of the sweep, checked.
        unitary: complex128[m, m], of the first setting.
        photons: Photons in each of the m input modes, as integers or a `State`.
        n_samples: Samples of each setting.
        least: Fewest photons that a returned sample may have.
        qpu: The QPU, with the seconds that it gives a job.
        found: Takes what is wrong.
    """
    each = setting_seconds(form, unitary, photons, n_samples, least, qpu) / (_SURELY * available_cores())
    seconds = form.n_settings * each
    if seconds > qpu.timeout_seconds:
        parts = math.ceil(seconds / qpu.timeout_seconds)
        found.add(
            "sweep",
            f"would take {seconds:.3g} seconds at the very least, and the QPU gives a job "
            f"{qpu.timeout_seconds:g}; split it into {parts} sweeps or more, or take fewer samples",
        )


def setting_seconds(
    form: SweepForm,
    unitary: ComplexArray,
    photons: tuple[int, ...],
    n_samples: int,
    least: int,
    qpu: QPUConfig,
) -> float:
    """Return what a setting takes on one core, whichever way it is sampled; the arguments are those above."""
    n_modes = len(photons)
    model = HardwareModel.from_dict(msgspec.to_builtins(qpu.hardware_for(n_modes)))
    experiment = make_experiment(
        unitary,
        photons,
        source=model.source,
        detector=model.detector,
        loss=model.loss_per_mode(n_modes),
        tolerance=1e-5,
    )
    exact = min(
        way.seconds - CALL_SECONDS + counting_seconds(n_samples, way.n_outcomes)
        for way in estimates(experiment, {}, least)
    )
    multiplied = len(form.constants) // 8 * (_STEP + _STEP_MODE * n_modes)
    return multiplied + min(exact, least_shots_seconds(n_samples))
