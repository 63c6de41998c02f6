"""Arguments for the kernels of the way back; see `test_py_func_optics.py`."""

from __future__ import annotations

import numpy as np

import lwfast as lw
from lwfast._kernels.optics import slos
from lwfast.emulator import Source
from tests.kernels.twins import calls_of

BOUNDS, FLOORS = np.array([4, 4, 2, 3]), np.array([0, 0, 0, 1])


def _way_back(amplitudes=False, **options):
    matrix = lw.random_unitary(4, seed=5)
    if not amplitudes:
        matrix = matrix * np.sqrt([0.9, 0.7, 0.8, 0.6])
    found = lw.output_distribution(matrix, [1, 2, 0, 0], gradient=True, amplitudes=amplitudes, **options)
    found.pullback(np.linspace(-1, 1, len(found)) * (1 + 1j if amplitudes else 1))


def _calls(name):
    yield from calls_of("optics", name, _way_back)
    yield from calls_of("optics", name, lambda: _way_back(heralds={2: 1}))
    yield from calls_of("optics", name, lambda: _way_back(amplitudes=True))


def layers_back():
    yield from _calls("gradients.adjoint.adjoint_layer")
    noisy = calls_of(
        "optics", "gradients.adjoint.adjoint_layer", lambda: _way_back(source=Source(purity=0.9))
    )
    yield from noisy[:: len(noisy) // 9]
    *fixed, _ = next(_calls("gradients.adjoint.adjoint_layer"))
    for part in range(3):
        yield *fixed, (part, 3)


def _few_calls(name):
    mesh = lw.Unitary(lw.random_unitary(4, seed=6))
    mesh.herald(1, 3)
    for task in (
        lw.Sampler(mesh, lw.State([0, 2, 1]), 1),
        lw.Sampler(lw.Unitary(lw.random_unitary(3, seed=7)), lw.State([1, 1, 0]), 1, min_detection=1),
    ):
        yield from calls_of(
            "optics",
            f"gradients.few_photons.{name}",
            lambda task=task: lw.expectation(task, lambda state: float(state[0] ** 2), gradient=True),
        )


def _partly_calls(name):
    source = Source(indistinguishability=0.8)
    for photons in ([1, 1, 0], [2, 0, 1]):
        task = lw.Sampler(lw.Unitary(lw.random_unitary(3, seed=7)), lw.State(photons), 1, source=source)
        yield from calls_of(
            "optics",
            f"gradients.partly_alone.{name}",
            lambda task=task: lw.expectation(task, lambda state: float(state[0] ** 2), gradient=True),
        )


def few_members():
    real, imag = np.arange(9.0), np.arange(9.0) / 7
    raised = np.array([0, 1, 2, 1, 3, 4, 2, 4, 5], np.uint64)
    return real, imag, raised


def multiplied():
    real, imag, raised = few_members()
    yield real, imag, 0, 3, 3, 3, raised, 0.5, -0.25


def undone():
    real, imag, raised = few_members()
    yield real, imag, real[::-1].copy(), imag.copy(), 0, 3, 3, 3, raised, 0.5, -0.25


def weights():
    yield from _calls("gradients.adjoint.weigh_outcomes")


def elements_back():
    rng = np.random.default_rng(3)
    elements = [[kind, kind % 3, 3, 0] for kind in range(5)] + [[5, 2, 0, 0], [2, 1, 1, 0]]
    entries = rng.normal(size=(2, 4, 4)) + 1j * rng.normal(size=(2, 4, 4))
    yield (
        np.array(elements),
        rng.random(7),
        np.array([1, 3]),
        entries[0, 0].copy(),
        entries[1],
        np.zeros(7),
        np.zeros(4, complex),
    )


GRADIENT_ROWS = {
    "gradients.adjoint.adjoint_layer": layers_back,
    "gradients.adjoint.raised_entries": lambda: [
        (inner, 4, *slos.prefix_counts(BOUNDS, FLOORS, 4)) for inner in (1, 2)
    ],
    "gradients.adjoint.weigh_outcomes": weights,
    "gradients.elements_adjoint.elements_adjoint": elements_back,
    "gradients.few_photons.few_forward": lambda: _few_calls("few_forward"),
    "gradients.few_photons.few_back": lambda: _few_calls("few_back"),
    "gradients.few_photons.multiply": multiplied,
    "gradients.few_photons.undo": undone,
    "gradients.partly_alone.partly_forward": lambda: _partly_calls("partly_forward"),
    "gradients.partly_alone.partly_back": lambda: _partly_calls("partly_back"),
    "gradients.partly_alone._last": lambda: [(which,) for which in (1, 2, 5, 8)],
    "gradients.partly_alone._members": lambda: [(which, most) for which in (0, 5, 7) for most in (0, 2, 3)],
}
