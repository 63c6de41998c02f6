"""A task is parsed once: what was found out of its matrix is trusted by every later step."""

import pytest

import lwfast as lw
from lwfast.emulator import Backend
from lwfast.optics import light
from lwfast.optics.distributions import layers, photon_numbers, stacked_layers


@pytest.fixture
def calls(monkeypatch):
    """Count the products U^H U, in either form, and the polynomials that are laid out."""
    from lwfast.emulator import plans, run_analyzer, run_simulator
    from lwfast.emulator.lean import known

    counted = {"products": 0, "polynomials": 0}
    product, lay_out = light.loss_matrix, layers.output_polynomial
    deviation = known._largest_deviation

    def counted_product(columns):
        counted["products"] += 1
        return product(columns)

    def counted_deviation():
        counted["products"] += 1
        return deviation()

    def counted_polynomial(*args, **kwargs):
        counted["polynomials"] += 1
        return lay_out(*args, **kwargs)

    monkeypatch.setattr(light, "loss_matrix", counted_product)
    monkeypatch.setattr(known, "_largest_deviation", counted_deviation)
    for module in (photon_numbers, plans, run_analyzer, run_simulator):
        monkeypatch.setattr(module, "output_polynomial", counted_polynomial)
    return counted


def circuit():
    made = lw.PhotonicCircuit(4)
    for mode in (0, 2, 1):
        made.bs(mode)
    return made


def rules():
    rule = lw.PostSelection()
    rule.add((0, 1), 1)
    return rule


def long_way(*_):
    """Progress: small tasks that show it are planned like large ones."""


STATES = [lw.State([1, 0, 1, 0]), lw.State([0, 1, 1, 0]), lw.State([1, 1, 0, 0])]


def test_sampler(calls):
    """One product and one polynomial, from planning to the samples."""
    task = lw.Sampler(circuit(), STATES[0], 100, post_selection=rules(), random_seed=1)
    Backend().run(task, progress=long_way)
    assert calls == {"products": 1, "polynomials": 1}


@pytest.mark.parametrize("kind", [lw.Simulator, lw.Analyzer])
def test_many_inputs(calls, kind, monkeypatch):
    """One product for the circuit, and one polynomial for each input where no list of edges does."""
    Backend().run(kind(circuit(), STATES), progress=long_way)
    assert calls == {"products": 1, "polynomials": 1}  # the one that the plan prices
    calls.update(products=0, polynomials=0)
    monkeypatch.setattr(stacked_layers, "MOST_ENTRIES", 0)
    Backend().run(kind(circuit(), STATES), progress=long_way)
    assert calls == {"products": 1, "polynomials": len(STATES)}


@pytest.mark.parametrize("kind", [lw.Sampler, lw.Simulator, lw.Analyzer])
def test_small_tasks_again(calls, kind):
    """A small task on the same circuit lays out nothing, and on one that was changed forms one product."""
    phase = lw.Parameter(0.1)
    built = circuit()
    built.ps(0, phase)

    def run():
        task = (
            lw.Sampler(built, STATES[0], 100, rules(), random_seed=1)
            if kind is lw.Sampler
            else kind(built, STATES)
        )
        return Backend().run(task)

    run()
    calls.update(products=0, polynomials=0)
    run()
    assert calls == {"products": 0, "polynomials": 0}
    phase.set(0.2)
    run()
    assert calls == {"products": 1, "polynomials": 0}
