"""`lwfast.torch`, checked by PyTorch's own differences."""

from __future__ import annotations

import pytest

import lwfast as lw
from lwfast.emulator import Detector, Source

torch = pytest.importorskip("torch", reason="PyTorch is not installed (the extra lwfast[torch])")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def wrapped():
    import lwfast.torch

    return lwfast.torch


OPTIONS = [
    {},
    {"heralds": {0: 1}},
    {"rules": [((0, 1), (1, 2))], "min_detection": 1},
    {"threshold": True},
    {"source": Source(purity=0.9, brightness=0.9, indistinguishability=0.8)},
    {"detector": Detector(efficiency=0.8, p_dark=0.05)},
]


@pytest.mark.parametrize("options", OPTIONS)
def test_lossy_matrices(wrapped, options):
    matrix = torch.tensor(0.9 * lw.random_unitary(3, seed=1), requires_grad=True)
    assert torch.autograd.gradcheck(
        lambda m: wrapped.output_probabilities(m, [1, 0, 2], **options), (matrix,), atol=1e-7
    )


def test_unitaries_of_generators(wrapped):
    generator = torch.manual_seed(3)
    hermitian = torch.randn(3, 3, dtype=torch.complex128, generator=generator, requires_grad=True)

    def probabilities(h):
        return wrapped.output_probabilities(torch.linalg.matrix_exp(1j * (h + h.mH)), [1, 1, 0])

    assert torch.autograd.gradcheck(probabilities, (hermitian,), atol=1e-7)


def test_real_and_single_precision(wrapped):
    rotation = torch.tensor([[0.6, 0.8], [-0.8, 0.6]], dtype=torch.float64, requires_grad=True)
    found = wrapped.output_probabilities(rotation, [1, 0])
    found[0].backward()
    assert torch.allclose(rotation.grad, torch.tensor([[1.2, 0.0], [0.0, 0.0]], dtype=torch.float64))
    single = rotation.detach().to(torch.complex64).requires_grad_()
    wrapped.output_probabilities(single, [1, 0])[0].backward()
    assert single.grad.dtype == torch.complex64
    assert torch.allclose(single.grad.real, rotation.grad.float(), atol=1e-6)


def test_expectation(wrapped):
    parameters = [lw.Parameter(0.3), lw.Parameter(0.5)]
    circuit = lw.PhotonicCircuit(2)
    circuit.bs(0, reflectivity=parameters[0])
    circuit.ps(0, parameters[1])
    circuit.bs(0)
    sampler = lw.Sampler(circuit, lw.State([1, 1]), 1)
    values = torch.tensor([0.4, 0.9], dtype=torch.float64, requires_grad=True)

    def mean(v):
        return wrapped.expectation(sampler, lambda s: s[0] ** 2, parameters, v)

    assert torch.autograd.gradcheck(mean, (values,), atol=1e-7)
    assert [parameter.get() for parameter in parameters] == [0.3, 0.5]
    with pytest.raises(ValueError, match=r"shape \(1,\), and there are 2 Parameters"):
        mean(values[:1])
    with pytest.raises(ValueError, match="named twice"):
        wrapped.expectation(sampler, lambda s: s[0], [parameters[0]] * 2, values)
    slope = torch.autograd.grad(mean(values), values, create_graph=True)[0]
    with pytest.raises(RuntimeError, match="grad"):
        slope.sum().backward()
