"""Arguments for the kernels of stacks; see `test_py_func_optics.py`."""

from __future__ import annotations

import numpy as np

import lwfast as lw
from lwfast.optics.distributions.stacked_layers import layer_program

N_MODES, N_SETTINGS = 4, 11


def matrices():
    return np.array([lw.random_unitary(N_MODES, seed=k) for k in range(N_SETTINGS)])


def inputs():
    """Photons that all settings share, and photons of each, three in every one."""
    yield np.array([[1, 0, 2, 0]])
    yield np.array([np.roll([2, 1, 0, 0], k) for k in range(N_SETTINGS)])


def settings_to_check():
    forms = matrices().view(np.float64)
    forms[3, 0, 0] = np.nan
    forms[5] *= 1.1
    for photons in (*inputs(), np.array([[0, 0, 0, 0]]), np.array([[-1, 2, 0, 0]]), np.array([[9, 0, 0, 0]])):
        yield forms, photons, 1e-12, 8, np.zeros(N_SETTINGS, np.uint8)
    different = np.array([[1, 0, 0, 0], [1, 1, 0, 0]])
    yield forms[:1], different, 1e-12, 8, np.zeros(2, np.uint8)


def lists_of_edges():
    from lwfast._kernels.optics.slos import prefix_counts

    for n_modes, n_photons in ((1, 3), (3, 1), (4, 3)):
        none = np.zeros(n_modes, np.int64)
        counts, sums = prefix_counts(np.full(n_modes, n_photons), none, n_photons)
        start = np.zeros(counts[n_modes, 1:].sum() + 1, np.int64)
        edges = np.zeros((2, n_modes * counts[n_modes, :-1].sum()), np.uint32)
        yield n_modes, n_photons, sums, start, edges[0], edges[1]


def products_of_stacks():
    forms = matrices().view(np.float64)
    lossy = np.ascontiguousarray(0.5 * np.concatenate([forms, forms[:, :1]], axis=1))
    programs = (
        (layer_program(4, (), 0, 3, 0, ()), forms),
        (layer_program(3, (1,), 0, 3, 0, ()), forms),
        (layer_program(4, (), 1, 3, 1, ()), lossy),
    )
    for photons in inputs():
        for program, columns in programs:
            for part in ((0, N_SETTINGS), (2, 3)):
                out = np.zeros((N_SETTINGS, program.n_out))
                yield columns, photons, program.tables, 1, part, out
        program = programs[1][0]
        yield forms[:1], photons, program.roots, 2, (0, 9), np.zeros((N_SETTINGS, 2 * program.n_out))


def seeds():
    return np.random.SeedSequence(3).generate_state(12, np.uint64).reshape(3, 4)


def counts_of_stacks():
    weights = np.random.default_rng(7).random((3, 5))
    for given in (weights, weights - 0.5, weights * np.nan, weights * 0.0):
        for part in ((0, 3), (1, 2)):
            yield given, seeds(), 5000, 8, part, np.zeros(3), np.zeros((3, 5), np.int64)


def counts_of_small_stacks():
    for n_outcomes, n_states in ((5, 5), (5, 4), (40, 40)):
        weights = np.random.default_rng(7).random((3, n_outcomes))
        states = np.random.default_rng(8).integers(0, 4, (n_states, 3)).astype(np.uint8)
        for n_samples in (1, 5000):
            yield weights, seeds(), n_samples, 16, states


def seeds_of_children():
    pool = np.array(np.random.SeedSequence(5).pool, np.uint32)
    for first, count in ((0, 3), (2**32 - 2, 2), (7, 0)):
        yield pool, np.uint64(0x93E18875), first, np.zeros((count, 4), np.uint64)


def counts_to_look_through():
    counts = np.random.default_rng(7).integers(0, 2, (4, 6))
    counts[2] = 0
    return counts


def counts_to_copy():
    counts = counts_to_look_through()
    states = np.random.default_rng(8).integers(0, 4, (5, 3)).astype(np.uint8)
    ends = (counts[:, :5] > 0).sum(axis=1).cumsum()
    for part in ((0, 4), (1, 3)):
        yield counts, states, ends, part, np.zeros((ends[-1], 3), np.uint8), np.zeros(ends[-1], np.int64)


def samples_of_stacks():
    weights = np.random.default_rng(7).random((3, 5))
    states = np.random.default_rng(8).integers(0, 4, (5, 4)).astype(np.uint8)
    for part in ((0, 3), (1, 2)):
        for n_samples in (0, 5000):
            out = np.zeros((7, n_samples, 4), np.uint8)
            yield weights, seeds(), states, 8, np.array([4, 0, 6]), part, out


STACK_ROWS = {
    "samples.pcg64.seed_streams": lambda: [(seeds(),)],
    "samples.pcg64.draw_uniforms": lambda: [(seeds()[0], np.zeros(9)), (seeds()[1], np.zeros(0))],
    "samples.sampling.copy_seen": counts_to_copy,
    "samples.pcg64.spawn_seeds": seeds_of_children,
    "samples.sampling.count_small_stack": counts_of_small_stacks,
    "samples.sampling.count_seen": lambda: [(counts_to_look_through(), 5, np.zeros(4, np.int64))],
    "samples.sampling.count_stack": counts_of_stacks,
    "samples.sampling.draw_stack": samples_of_stacks,
    "stacked_layers.simple_settings": settings_to_check,
    "stacked_layers.layer_edges": lists_of_edges,
    "stacked_layers.stacked_layers": products_of_stacks,
}
