"""Seeds, generators and executors: the same samples whoever draws them."""

from __future__ import annotations

import pickle
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest

import lwfast as lw
from lwfast.emulator import Backend
from lwfast.emulator.rounds import Tally, streams
from lwfast.errors import SamplerError

UNITARY = lw.random_unitary(4, 1)


def sampler(**options):
    return lw.Sampler(lw.Unitary(UNITARY), lw.State([1, 1, 0, 0]), **{"n_samples": 1000, **options})


def batch(rng, n_tasks=3):
    made = lw.Batch()
    for _ in range(n_tasks):
        made.add(sampler(rng=rng))
    return made


@pytest.mark.parametrize("name", ["auto", "clifford"])
def test_a_shared_generator_gives_each_task_its_own_samples(name):
    """Tasks of a batch that share a Generator differ, and an executor changes none of them."""
    alone = Backend(name).run(batch(np.random.default_rng(5)))
    assert len({tuple(result.counts.tolist()) for result in alone}) == 3
    with ThreadPoolExecutor(3) as threads:
        assert Backend(name).run(batch(np.random.default_rng(5)), executor=threads) == alone
    if name == "auto":
        with ProcessPoolExecutor(1, get_context("spawn")) as processes:
            assert Backend(name).run(batch(np.random.default_rng(5)), executor=processes) == alone
    again = np.random.default_rng(5)
    first = Backend(name).run(batch(again))
    assert first == alone
    assert Backend(name).run(batch(again)) != alone, "the state of the generator moves on"


@pytest.mark.parametrize("name", ["auto", "clifford"])
def test_a_seed_sequence_is_left_as_it_is(name):
    """A SeedSequence gives the same samples each time: nothing is spawned from the caller's object."""
    sequence = np.random.SeedSequence(3)
    task = sampler(rng=sequence)
    assert Backend(name).run(task) == Backend(name).run(task)
    assert sequence.n_children_spawned == 0


@pytest.mark.parametrize("kind", [np.random.PCG64, np.random.MT19937, np.random.Philox])
def test_a_generator_is_its_state(kind):
    """The state of a Generator decides the samples, and moves on; legacy seeding works as well."""
    legacy = kind()
    if kind is np.random.MT19937:
        legacy._legacy_seeding(7)
    generator = np.random.Generator(legacy)
    before = pickle.dumps(generator)
    task = sampler(rng=generator)
    first, second = Backend("clifford").run(task), Backend("clifford").run(task)
    assert first != second
    assert Backend("clifford").run(sampler(rng=pickle.loads(before))) == first


def test_a_generator_without_a_seed_sequence():
    """A bit generator that was seeded in the old way has nothing to spawn from, and is taken all the same."""
    old = np.random.RandomState(3)._bit_generator
    assert Backend("clifford").run(sampler(rng=np.random.Generator(old))).counts.sum() == 1000


def test_streams_differ():
    """Streams are independent of each other and made one at a time."""
    made = streams(np.random.default_rng(1))
    firsts = {np.random.default_rng(next(made)).integers(2**62) for _ in range(100)}
    assert len(firsts) == 100


def test_distributions_are_there_after_an_executor():
    """`probability_distribution` can be read after a batch, wherever it ran."""
    with ThreadPoolExecutor(2) as pool:
        tasks = batch(1)
        Backend().run(tasks, executor=pool)
    for task in tasks:
        assert abs(sum(task.probability_distribution.values()) - 1) < 1e-12
    other = sampler()
    with pytest.raises(SamplerError):
        _ = other.probability_distribution


def test_progress_of_a_batch_with_an_executor():
    """Tasks are counted as their results come in."""
    seen = []
    with ThreadPoolExecutor(2) as pool:
        Backend().run(batch(1), executor=pool, progress=lambda *step: seen.append(step))
    assert [step for step in seen if step[0] == "tasks"] == [("tasks", k, 3) for k in (1, 2, 3)]


def test_many_rounds_are_added_up(monkeypatch):
    """Rounds are merged as they come; the counts are those of all of them together."""
    from lwfast.emulator import rounds

    monkeypatch.setattr(rounds, "ROUND_SHOTS", 16)
    tally = Tally(2)
    generator = np.random.default_rng(1)
    expected: dict[tuple[int, ...], int] = {}
    for _ in range(50):
        rows = generator.integers(0, 3, (7, 2), dtype=np.uint8)
        tally.add(rows, np.ones(7, dtype=np.int64))
        for row in rows.tolist():
            expected[tuple(row)] = expected.get(tuple(row), 0) + 1
    states, counts = tally.result()
    assert {tuple(s): c for s, c in zip(states.tolist(), counts.tolist(), strict=True)} == expected


def test_rounds_on_an_executor(monkeypatch):
    """More rounds than are handed over at once give the samples of none."""
    from lwfast.emulator import rounds

    monkeypatch.setattr(rounds, "ROUND_SHOTS", 100)
    monkeypatch.setattr(rounds, "_WAITING", 3)
    task = sampler(random_seed=4)
    with ThreadPoolExecutor(2) as pool:
        assert Backend("clifford").run(task, executor=pool) == Backend("clifford").run(task)


def test_an_error_in_a_round_is_raised(monkeypatch):
    """What goes wrong on a worker reaches the caller, and rounds that wait are given up."""
    from lwfast.emulator import rounds

    def broken(*_):
        raise OSError("broken")

    monkeypatch.setattr(rounds, "ROUND_SHOTS", 100)
    monkeypatch.setattr(rounds, "draw_round", broken)
    with ThreadPoolExecutor(2) as pool, pytest.raises(OSError, match="broken"):
        Backend("clifford").run(sampler(), executor=pool)
