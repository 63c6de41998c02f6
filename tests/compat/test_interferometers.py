"""Interferometers beside Lightworks'."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

import lwfast as lw
from lwfast import interferometers as ours
from lwfast.interferometers import decomposition

lightworks = pytest.importorskip("lightworks")

from lightworks import interferometers as theirs  # noqa: E402
from lightworks.interferometers.decomposition import reck_decomposition  # noqa: E402

KINDS = ("Constant", "Gaussian", "TopHat", "Distribution")


def _both(name: str) -> tuple[Any, Any]:
    pair = [getattr(module, name, None) or getattr(module.dists, name) for module in (ours, theirs)]
    return pair[0], pair[1]


@pytest.mark.parametrize("name", [*KINDS, "ErrorModel", "Reck"])
def test_names_and_signatures(name: str) -> None:
    """Every public member is there, with the same arguments and defaults; `map` also takes `rng`."""
    mine, other = _both(name)
    for member in [m for m in dir(other) if not m.startswith("_")] + ["__init__"]:
        reference = inspect.getattr_static(other, member)
        assert hasattr(mine, member)
        if callable(reference):
            found = [
                [
                    (p.name, p.default, p.kind)
                    for p in inspect.signature(getattr(kind, member)).parameters.values()
                ]
                for kind in (mine, other)
            ]
            extra = [("rng", None, inspect.Parameter.KEYWORD_ONLY)] if member == "map" else []
            assert found[0] == found[1] + extra
        else:
            assert isinstance(reference, property)
            assert isinstance(inspect.getattr_static(mine, member), property)
    assert set(theirs.__all__) <= set(dir(ours))
    assert set(theirs.dists.__all__) == set(KINDS)


@pytest.mark.parametrize(
    "make",
    [
        lambda kinds: kinds.Constant(0.3),
        lambda kinds: kinds.Gaussian(0.5, 0.2),
        lambda kinds: kinds.Gaussian(0.5, 0.4, min_value=0.3, max_value=0.6),
        lambda kinds: kinds.Gaussian(0.5, 0.4, 0.5),
        lambda kinds: kinds.TopHat(0.1, 0.7),
    ],
)
def test_values_of_distributions(make: Any) -> None:
    """The same seed gives the same values; the texts are the same."""
    mine, other = make(ours.dists), make(theirs.dists)
    assert str(mine) == str(other)
    for seed in (0, 7):
        mine.set_random_seed(seed)
        other.set_random_seed(seed)
        assert [mine.value() for _ in range(50)] == [other.value() for _ in range(50)]


@pytest.mark.parametrize(
    "call",
    [
        lambda module, _: module.dists.Constant("1"),
        lambda module, _: module.dists.Constant(True),
        lambda module, _: module.dists.Gaussian(1, None),
        lambda module, _: module.dists.Gaussian(1, 1, 2, 1),
        lambda module, _: module.dists.TopHat(0, [1]),
        lambda module, _: module.dists.TopHat(2, 1),
        lambda module, _: module.dists.Distribution(),
        lambda module, _: module.Reck(1),
        lambda module, _: setattr(module.ErrorModel(), "loss", 0.5),
        lambda module, _: setattr(module.Reck(), "error_model", None),
        lambda module, circuit: module.Reck().map(circuit, seed="a"),
        lambda module, circuit: module.Reck().map(circuit, seed=1.5),
        lambda module, circuit: (circuit.loss(0, 0.2), module.Reck().map(circuit)),
    ],
)
def test_misuse_raises_the_same_exceptions(call: Any) -> None:
    """A class of the reference's error is raised."""
    with pytest.raises(Exception) as other:
        call(theirs, lightworks.Unitary(np.eye(2)))
    with pytest.raises(type(other.value)):
        call(ours, lw.Unitary(np.eye(2)))


def _model(module: Any, shared: bool) -> Any:
    model, kinds = module.ErrorModel(), module.dists
    model.bs_reflectivity = kinds.Gaussian(0.5, 0.05, min_value=0.4, max_value=0.56)
    model.phase_offset = kinds.Gaussian(0, 0.1)
    model.loss = model.bs_reflectivity if shared else kinds.TopHat(0.0, 0.1)
    return model


def _assert_same_circuit(mine: Any, other: Any) -> None:
    """Compare element by element; phases up to a turn."""
    assert mine.n_modes == other.n_modes
    assert mine.heralds.input == other.heralds.input
    assert mine.heralds.output == other.heralds.output
    specs = [circuit._get_circuit_spec() for circuit in (mine, other)]
    assert len(specs[0]) == len(specs[1])
    for a, b in zip(*specs, strict=True):
        assert type(a).__name__ == type(b).__name__
        for name in ("mode", "mode_1", "mode_2", "convention", "reflectivity", "loss"):
            assert getattr(a, name, None) == getattr(b, name, None)
        if hasattr(a, "phi"):
            assert np.exp(1j * a.phi) == pytest.approx(np.exp(1j * b.phi), abs=1e-9)
        if hasattr(a, "modes"):
            assert list(a.modes) == list(b.modes)
    assert np.abs(mine.U - other.U).max() < 1e-10


@pytest.mark.parametrize("n", [1, 2, 3, 7, 12])
@pytest.mark.parametrize("model", [None, False, True])
def test_circuits(n: int, model: bool | None) -> None:
    """The same elements on the same modes, with the same values, drawn in the same order."""
    for seed in (1, 2):
        unitary = lw.random_unitary(n, seed=seed)
        mine = ours.Reck(None if model is None else _model(ours, model)).map(lw.Unitary(unitary), seed=seed)
        chip = theirs.Reck(None if model is None else _model(theirs, model))
        _assert_same_circuit(mine, chip.map(lightworks.Unitary(unitary.copy()), seed=seed))


def _heralded(module: Any) -> Any:
    """Its matrix has no zero: a phase that nulls one may be any, and differs with the processor."""
    part = module.Unitary(lw.random_unitary(6, seed=1))
    part.herald((0, 3), (1, 0))
    part.herald(2, 1)
    circuit = module.PhotonicCircuit(4)
    circuit.add(module.Unitary(lw.random_unitary(4, seed=2)))
    circuit.add(part, 0)
    circuit.herald((0, 1), 1)
    return circuit


def test_heralds() -> None:
    """Own ones and those of sub-circuits, on the same modes."""
    chips = ours.Reck(_model(ours, False)), theirs.Reck(_model(theirs, False))
    _assert_same_circuit(chips[0].map(_heralded(lw), seed=5), chips[1].map(_heralded(lightworks), seed=5))


@pytest.mark.parametrize("unitary", [np.eye(5), lw.random_permutation(6, 3), np.eye(4)[::-1]])
def test_special_matrices(unitary: Any) -> None:
    """Where entries to null are 0, phases may be any: the matrices agree."""
    unitary = np.array(unitary, dtype=complex)
    mine, other = ours.Reck().map(lw.Unitary(unitary)), theirs.Reck().map(lightworks.Unitary(unitary))
    assert np.abs(mine.U - other.U).max() < 1e-12
    assert [type(a).__name__ for a in mine._get_circuit_spec()] == [
        type(b).__name__ for b in other._get_circuit_spec()
    ]


def test_decompositions() -> None:
    """The phases of a mesh are those of Lightworks' own function."""
    unitary = lw.random_unitary(9, seed=1)
    found = decomposition.reck_decomposition(unitary)
    phases, last = reck_decomposition(np.flip(unitary, axis=(0, 1)).copy())
    cells = zip(found.layers.tolist(), found.modes.tolist(), found.theta, found.phi, strict=True)
    for layer, mode, theta, phi in cells:
        place = f"{layer}_{7 - mode}"
        assert theta == pytest.approx(phases["bs_" + place], abs=1e-12)
        assert np.exp(1j * phi) == pytest.approx(np.exp(1j * phases["ps_" + place]), abs=1e-12)
    assert np.exp(1j * found.output_phases) == pytest.approx(np.exp(1j * np.array(last[::-1])), abs=1e-12)


def test_both_find_the_same_decompositions_unsuccessful() -> None:
    """A matrix that a wide tolerance lets pass."""
    rough = lw.random_unitary(5, seed=1)
    rough[2, 3] += 1e-6
    settings = (lw.settings, lightworks.settings)
    kept = [each.unitary_precision for each in settings]
    try:
        for each in settings:
            each.unitary_precision = 1e-2
        with pytest.raises(lightworks.DecompositionUnsuccessful):
            theirs.Reck().map(lightworks.Unitary(rough))
        with pytest.raises(lw.DecompositionUnsuccessful):
            ours.Reck().map(lw.Unitary(rough))
    finally:
        for each, value in zip(settings, kept, strict=True):
            each.unitary_precision = value
