"""One campaign in a process of its own: rules, a herald, a threshold map and the sum.

python benchmarks/campaign_runs.py LIBRARY FOLDER [WORKERS]

prints as JSON: seconds of the work, seconds of all processors, peak memory in bytes, and the answer.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

N_MODES = 20
HERALD = 10
REST = [mode for mode in range(N_MODES) if mode != HERALD]


def lwfast(folder: str, workers: int) -> tuple[int, int]:
    """Add up with lwfast, in this process or in a pool."""
    import lwfast as lw

    campaign = lw.scan_results(folder).post_select([((0, 1), (1,)), ((2, 3), (0, 1))], {HERALD: 0})
    campaign = campaign.map("threshold")
    if workers:
        from concurrent.futures import ProcessPoolExecutor

        with ProcessPoolExecutor(workers) as pool:
            total = campaign.merge(executor=pool)
    else:
        total = campaign.merge()
    return len(total), total.n_samples


def polars(folder: str, workers: int) -> tuple[int, int]:
    """Do the same with polars' streaming engine."""
    import polars as pl

    def photons(mode: int) -> pl.Expr:
        return pl.col("state").arr.get(mode)

    rules = (photons(0) + photons(1) == 1) & (photons(2) + photons(3) <= 1) & (photons(HERALD) == 0)
    names = [f"m{mode}" for mode in REST]
    clicks = [(photons(mode) > 0).alias(f"m{mode}") for mode in REST]
    frame = pl.scan_parquet(f"{folder}/*.parquet").filter(rules).select([*clicks, "counts"])
    total = frame.group_by(names).agg(pl.col("counts").sum()).collect(engine="streaming")
    return len(total), total["counts"].sum()


def duckdb(folder: str, workers: int) -> tuple[int, int]:
    """Do the same with DuckDB."""
    import duckdb as db

    clicks = ", ".join(f"(state[{mode + 1}] > 0)::utinyint as m{mode}" for mode in REST)
    names = ", ".join(f"m{mode}" for mode in REST)
    rules = f"state[1]::int + state[2] = 1 and state[3]::int + state[4] <= 1 and state[{HERALD + 1}] = 0"
    query = (
        f"select {clicks}, sum(counts)::bigint as total from read_parquet('{folder}/*.parquet') "
        f"where {rules} group by {names}"
    )
    total = db.connect().sql(query).fetchnumpy()
    return len(total["total"]), int(total["total"].sum())


def main() -> None:
    """Run one and print what it took."""
    name, folder, *more = sys.argv[1:]
    began = time.perf_counter()
    answer = {"lwfast": lwfast, "polars": polars, "duckdb": duckdb}[name](folder, int(more[0]) if more else 0)
    seconds = time.perf_counter() - began
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    processor = sum(one.ru_utime + one.ru_stime for one in used)
    # `ru_maxrss` is at least that of the process which started this one.
    told = Path("/proc/self/status").read_text(encoding="ascii").partition("VmHWM:")[2]
    peak = 1024 * int(told.split()[0])
    print(json.dumps([seconds, processor, peak, [int(number) for number in answer]]))


if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parent.parent)
    main()
