"""`lwfast.jax` beside differences."""

from __future__ import annotations

import numpy as np
import pytest

import lwfast as lw
from lwfast.emulator import Detector, Source

jax = pytest.importorskip("jax", reason="JAX is not installed (the extra lwfast[jax])")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def wrapped():
    import lwfast.jax

    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield lwfast.jax
    jax.config.update("jax_enable_x64", before)


def generator(n_modes):
    rng = np.random.default_rng(2)
    return rng.normal(size=(n_modes, n_modes)) + 1j * rng.normal(size=(n_modes, n_modes))


def unitary(hermitian):
    return jax.scipy.linalg.expm(0.5j * (hermitian + hermitian.conj().T))


OPTIONS = [
    {},
    {"heralds": {0: 1}},
    {"threshold": True},
    {"source": Source(purity=0.9, brightness=0.9, indistinguishability=0.8)},
    {"detector": Detector(efficiency=0.8, p_dark=0.05)},
    {"lossy": True},
]


@pytest.mark.parametrize("options", OPTIONS)
def test_gradients(wrapped, options):
    scale = 0.9 if options.get("lossy") else 1.0

    def mean(h):
        found = wrapped.output_probabilities(scale * unitary(h), (1, 0, 1), **options)
        return jax.numpy.linspace(-1, 1, len(found)) @ found

    h = generator(3)
    slope = jax.grad(mean)(h)
    compiled = jax.jit(jax.grad(mean))(h)
    np.testing.assert_allclose(slope, compiled, atol=1e-12)
    rng = np.random.default_rng(5)
    direction = rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3))
    step = 1e-4
    found = [float(mean(h + k * step * direction)) for k in (-2, -1, 1, 2)]
    expected = (8 * (found[2] - found[1]) - (found[3] - found[0])) / (12 * step)
    assert float((slope * direction).real.sum()) == pytest.approx(expected, abs=1e-9)


def test_vmap_goes_one_by_one(wrapped):
    def first(h):
        return wrapped.output_probabilities(unitary(h), (1, 1))[0]

    stack = np.stack([generator(2), 2 * generator(2)])
    np.testing.assert_allclose(jax.vmap(first)(stack), [first(h) for h in stack], atol=1e-13)
    both = jax.vmap(jax.grad(first))(stack)
    np.testing.assert_allclose(both[1], jax.grad(first)(stack[1]), atol=1e-13)


def test_expectation(wrapped):
    parameters = [lw.Parameter(0.3), lw.Parameter(0.5)]
    circuit = lw.PhotonicCircuit(2)
    circuit.bs(0, reflectivity=parameters[0])
    circuit.ps(0, parameters[1])
    circuit.bs(0)
    sampler = lw.Sampler(circuit, lw.State([1, 1]), 1)

    def mean(values):
        return wrapped.expectation(sampler, lambda s: s[0] ** 2, parameters, values)

    value, slopes = jax.jit(jax.value_and_grad(mean))(np.array([0.4, 0.9]))
    assert [parameter.get() for parameter in parameters] == [0.3, 0.5]
    parameters[0].set(0.4)
    parameters[1].set(0.9)
    expected, by_parameter = lw.expectation(sampler, lambda s: s[0] ** 2, gradient=True)
    assert float(value) == pytest.approx(expected)
    assert slopes.tolist() == pytest.approx([by_parameter[parameter] for parameter in parameters])


def test_what_is_refused(wrapped):
    with pytest.raises(Exception, match="say lossy=True"):
        wrapped.output_probabilities(0.9 * np.eye(2), (1, 0)).block_until_ready()
    jax.config.update("jax_enable_x64", False)
    try:
        with pytest.raises(ValueError, match="double precision"):
            wrapped.output_probabilities(np.eye(2), (1, 0))
    finally:
        jax.config.update("jax_enable_x64", True)
