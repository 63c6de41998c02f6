"""The same distributions by both packages, and circuits of both to try."""

from __future__ import annotations

import math

import numpy as np
import perceval as pcvl
from hypothesis import strategies as st

import lwfast as lw
from lwfast.circuit.herald_modes import add_heralds_to_state
from lwfast.perceval import Setup

ANGLES = st.one_of(
    st.sampled_from([0, math.pi / 2, math.pi, 2 * math.pi, 3 * math.pi, 1e-9, 1e-5, math.pi - 1e-9, 2e-3]),
    st.floats(0, 4 * math.pi),
)
PHASES = st.one_of(st.just(0.0), st.floats(0, 2 * math.pi))


def unitary_of(circuit):
    """The matrix that Perceval computes of its circuit, complex128[m, m]."""
    return np.array(circuit.compute_unitary(), dtype=np.complex128)


def random_matrix(draw, n_modes):
    return lw.random_unitary(n_modes, seed=draw(st.integers(0, 2**32 - 1)))


@st.composite
def components(draw, n_modes, depth=1):
    """A component of Perceval on at most so many modes; its numbers are of all kinds."""
    kinds = ["PS", "Unitary", "Barrier"] + (["BS", "BS", "PERM"] if n_modes > 1 else [])
    kind = draw(st.sampled_from(kinds + (["Circuit"] if depth else [])))
    size = draw(st.integers(1, n_modes))
    if kind == "BS":
        convention = draw(st.sampled_from(list(pcvl.BSConvention)))
        return pcvl.BS(draw(ANGLES), *(draw(PHASES) for _ in range(4)), convention=convention)
    if kind == "PS":
        return pcvl.PS(draw(st.floats(-20, 20)))
    if kind == "Unitary":
        return pcvl.Unitary(pcvl.Matrix(random_matrix(draw, size)), name="V")
    if kind == "PERM":
        return pcvl.PERM(draw(st.permutations(range(n_modes))))
    if kind == "Barrier":
        return pcvl.Barrier(size)
    return draw(perceval_circuits(size, depth - 1))


@st.composite
def perceval_circuits(draw, n_modes=None, depth=2):
    """A circuit of Perceval, with circuits in it."""
    n_modes = draw(st.integers(1, 5)) if n_modes is None else n_modes
    circuit = pcvl.Circuit(n_modes, name=draw(st.sampled_from(["inner", "other"])))
    for _ in range(draw(st.integers(0, 6))):
        component = draw(components(n_modes, depth))
        circuit.add(draw(st.integers(0, n_modes - component.m)), component)
    return circuit


@st.composite
def lwfast_circuits(draw, *, lossy=False, heralded=False):
    """A circuit of lwfast with every kind of element, and internal modes of a heralded circuit in it."""
    n_modes = draw(st.integers(2, 5))
    circuit = lw.PhotonicCircuit(n_modes)
    mode = st.integers(0, n_modes - 1)
    fraction = st.one_of(st.sampled_from([0.0, 1.0, 1 - 1e-14, 1e-14]), st.floats(0, 1))
    if heralded:
        inner = lw.PhotonicCircuit(n_modes + 1)
        inner.add(lw.Unitary(random_matrix(draw, n_modes + 1)))
        inner.herald(draw(st.integers(0, n_modes)), 1)
        circuit.add(inner)
    for _ in range(draw(st.integers(1, 8))):
        kind = draw(st.sampled_from(["bs", "bs", "ps", "swaps", "unitary", "barrier", "group", "loss"]))
        if kind == "bs":
            first, second = draw(st.lists(mode, min_size=2, max_size=2, unique=True))
            circuit.bs(first, second, draw(fraction), convention=draw(st.sampled_from(["Rx", "H"])))
        elif kind == "ps":
            circuit.ps(draw(mode), draw(st.floats(-1e6, 1e6)))
        elif kind == "swaps":
            ends = draw(st.permutations(range(n_modes)))
            circuit.mode_swaps(dict(enumerate(ends)))
        elif kind == "unitary":
            size = draw(st.integers(1, n_modes))
            circuit.add(lw.Unitary(random_matrix(draw, size), "V"), draw(st.integers(0, n_modes - size)))
        elif kind == "barrier":
            circuit.barrier(draw(st.lists(mode, unique=True)))
        elif kind == "group":
            inner = lw.PhotonicCircuit(2)
            inner.bs(0, reflectivity=draw(fraction))
            inner.ps(1, draw(st.floats(-4, 4)))
            if lossy:
                inner.loss(0, draw(st.floats(0, 0.9)))
            circuit.add(inner, draw(st.integers(0, n_modes - 2)), group=True, name="cell")
        elif lossy:
            circuit.loss(draw(mode), draw(st.floats(0, 0.9)))
    return circuit


def our_distribution(setup: Setup) -> dict[lw.State, float]:
    """What lwfast says of a setup: outcomes that count, and their probabilities as they are."""
    heralds = setup.circuit.heralds
    found = lw.output_distribution(
        setup.circuit.U,
        add_heralds_to_state(setup.input_state, heralds.input),
        heralds=heralds.output,
        min_detection=setup.min_detection or 0,
        source=setup.source,
        detector=setup.detector,
    )
    counted = {
        lw.State(state): p for state, p in zip(found.states.tolist(), found.probabilities, strict=True)
    }
    selection = setup.post_selection
    return {state: p for state, p in counted.items() if selection is None or selection.validate(state)}


def their_distribution(experiment) -> tuple[dict[lw.State, float], float]:
    """What Perceval says of an experiment: a distribution with the sum 1, and how much of all it is."""
    answer = pcvl.Processor("SLOS", experiment.copy()).probs(precision=0)
    return dict(lw.from_perceval(answer["results"])), answer["global_perf"]


def assert_same_physics(experiment, setup=None, atol=1e-11):
    """Both packages agree on the probability of every outcome, and on how much is kept.

    Perceval leaves out what is far less likely than the rest, and sums to some 1e-12 less for it.
    """
    ours = our_distribution(lw.from_perceval(experiment) if setup is None else setup)
    theirs, kept = their_distribution(experiment)
    assert abs(sum(ours.values()) - kept) < atol
    for state in ours.keys() | theirs.keys():
        assert abs(ours.get(state, 0.0) - kept * theirs.get(state, 0.0)) < atol, state
