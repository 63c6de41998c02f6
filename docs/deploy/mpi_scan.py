"""Samples of many circuits, drawn by all processes that `mpiexec` has started."""

from mpi4py import MPI
from mpi4py.futures import MPIPoolExecutor

import lwfast as lw
from lwfast.emulator import Backend


def rank(_):
    """The number of the process that runs this."""
    return MPI.COMM_WORLD.Get_rank()


def main():
    batch = lw.Batch()
    for k in range(12):
        circuit = lw.Unitary(lw.random_unitary(10, seed=k))
        batch.add(lw.Sampler(circuit, lw.State([1] * 5 + [0] * 5), n_samples=20_000, random_seed=k))
    with MPIPoolExecutor() as pool:
        results = Backend().run(batch, executor=pool)
        ranks = sorted(set(pool.map(rank, range(100))))
    alone = Backend().run(batch)
    same = all(
        one == other and one.outputs == other.outputs for one, other in zip(results, alone, strict=True)
    )
    print(f"{len(results)} results, the same as in one process: {same}")
    print(f"computed by the processes {ranks}")


if __name__ == "__main__":
    main()
