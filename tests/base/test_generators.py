"""Generators: what a caller's `rng` stands for, and that no two processes or threads share one."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import lwfast as lw
from lwfast._base.generators import checked_rng, generator_of, idle_generators, unseeded
from tests.started import PATIENCE, threads

WRONG = [True, np.True_, "1", b"1", 1.5, float("nan"), object(), {1: 2}, np.random.default_rng, [1, True]]
UNITARY = lw.random_unitary(3, seed=1)


def test_numbers_and_objects_mean_what_they_mean_to_numpy():
    for given in (0, 7, np.int64(7), [1, 2], (3,), np.array([4, 5])):
        assert generator_of(given).random() == np.random.default_rng(given).random()
    for given in (2.0, np.array(2)):  # which NumPy refuses
        assert generator_of(given).random() == np.random.default_rng(2).random()
    assert generator_of(2.0).random() == np.random.default_rng(2).random()
    assert generator_of(np.random.SeedSequence(3)).random() == np.random.default_rng(3).random()
    assert generator_of(np.random.PCG64(3)).random() == np.random.default_rng(3).random()
    generator = np.random.default_rng(1)
    assert generator_of(generator) is generator
    assert generator_of(None).random() != generator_of(None).random()


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_not_a_seed(wrong):
    with pytest.raises(TypeError, match="rng should be an integer, a SeedSequence or a Generator, got"):
        checked_rng(wrong)


@pytest.mark.parametrize("negative", [-1, np.int64(-2), [1, -1]])
def test_negative_numbers(negative):
    with pytest.raises(ValueError, match="rng should not be negative, got -"):
        checked_rng(negative)


def _tomography():
    found = lw.tomography.StateTomography(1, lw.qubit.H())
    found.process([{lw.State([1, 0]): 3, lw.State([0, 1]): 5}] * 3)
    return found


CALLS = {
    "random_unitary": lambda rng: lw.random_unitary(2, rng=rng),
    "random_permutation": lambda rng: lw.random_permutation(2, rng=rng),
    "Sampler": lambda rng: lw.Sampler(lw.Unitary(UNITARY), lw.State([1, 0, 0]), 1, rng=rng),
    "boson_sample": lambda rng: lw.boson_sample(UNITARY, [1, 0, 0], 2, rng=rng),
    "sample_counts": lambda rng: lw.sample_counts([0.5, 0.5], 2, rng=rng),
    "sample_counts, stack": lambda rng: lw.sample_counts([[0.5, 0.5], [1, 0]], 2, rng=rng),
    "run_raw": lambda rng: lw.emulator.run_raw(UNITARY, [1, 0, 0], 2, rng=rng),
    "sample": lambda rng: lw.results.SamplingResult({(1, 0): 3}).sample(2, rng),
    "Reck.map": lambda rng: lw.interferometers.Reck().map(lw.Unitary(UNITARY), rng=rng),
    "standard_errors": lambda rng: _tomography().standard_errors(3, rng=rng),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("wrong", [True, "seed", 0.5])
def test_every_call_says_what_rng_should_be(name, wrong):
    CALLS[name](3)
    with pytest.raises(TypeError, match="rng should be an integer, a SeedSequence or a Generator, got"):
        CALLS[name](wrong)


def test_a_generator_is_lent_to_one_at_a_time():
    """It comes back, after an error too, so that none is made for each call."""
    with unseeded() as first, unseeded() as second:
        assert first is not second
    with pytest.raises(ZeroDivisionError), unseeded() as third:
        _ = 1 / 0
    assert any(third is known for known in (first, second))
    before = len(idle_generators())
    lw.random_unitary(2)
    assert len(idle_generators()) == before


def test_threads_draw_different_unitaries():
    found = []
    with threads(*[lambda: found.extend(lw.random_unitary(2) for _ in range(100))] * 4):
        pass
    assert len({matrix.tobytes() for matrix in found}) == 400
    assert lw.is_unitary(np.array(found)).all()


FORKS = """
import os, sys
import lwfast as lw
from lwfast._base.generators import unseeded
from lwfast.interferometers.dists import Gaussian, TopHat

parts = [Gaussian(0, 1), TopHat(0, 1), Gaussian(0, 1, min_value=0)]

def draw():
    numbers = [lw.random_unitary(2)[0, 0].real, lw.random_unitary(2, rng=None)[0, 0].real]
    numbers += [part.value() for part in parts]
    sampler = lw.Sampler(lw.Unitary(unitary), lw.State([1] * 4), 10**6)
    numbers.append(hash(tuple(lw.emulator.Backend().run(sampler).counts.tolist())))
    sys.stdout.write("".join(f"{number}\\n" for number in numbers))
    sys.stdout.flush()

unitary = lw.random_unitary(4, seed=1)
draw()
children = []
for _ in range(2):
    child = os.fork()
    if not child:
        draw()
        grandchild = os.fork()
        draw()
        if grandchild:
            os.waitpid(grandchild, 0)
        os._exit(0)
    children.append(child)
with unseeded():  # a fork while one is lent
    children.append(os.fork())
draw()
if children[-1]:
    for child in children:
        os.waitpid(child, 0)
"""


def _lines(code):
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=5 * PATIENCE
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
def test_forked_processes_draw_numbers_of_their_own():
    """Unitaries, distributions and samples; forked from a fork, too, and while a generator is in use."""
    found = _lines(FORKS)
    assert len(found) == 6 * 9
    assert len(set(found)) == len(found)


def test_spawned_processes_draw_numbers_of_their_own():
    found = _lines(
        "import multiprocessing, lwfast\n"
        "if __name__ == '__main__':\n"
        "    with multiprocessing.get_context('spawn').Pool(2) as pool:\n"
        "        print(*[m[0, 0].real for m in pool.map(lwfast.random_unitary, [2] * 6, chunksize=1)])\n"
    )
    assert len(set(found)) == len(found) == 6


def test_a_seed_means_the_same_whatever_was_drawn_without_one():
    before = [lw.random_unitary(3, seed=4), lw.random_unitary(3, rng=4), lw.random_permutation(3, seed=4)]
    lw.random_unitary(5)
    lw.random_permutation(5)
    with ThreadPoolExecutor(2) as pool:
        again = list(pool.map(lambda _: lw.random_unitary(3, seed=4), range(4)))
    after = [lw.random_unitary(3, seed=4), lw.random_unitary(3, rng=4), lw.random_permutation(3, seed=4)]
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    assert all(np.array_equal(each, before[0]) for each in again)
