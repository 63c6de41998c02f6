"""Tables of results at scale: decode, encode, post-select, group, mappings, the whole path, peak memory."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from benchmarks import result_data as data
from benchmarks.adapters import (
    results_lightworks_remote,
    results_lwfast,
    results_msgspec,
    results_numpy,
    results_orjson,
    results_pandas,
    results_polars,
)
from benchmarks.compare import Table, markdown, medians, ratio_text, seconds_text

PACKAGES = ("lightworks", "lightworks_remote", "msgspec", "orjson", "numpy", "pandas", "polars", "numba")
SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
LARGEST_REFERENCE = 1_000_000
"""One object a state: 10^7 of them do not fit beside the others."""

LIMIT = "reading the input once"


def _read(array: np.ndarray) -> object:
    """Touch every byte of an array on one core, in the fastest way that NumPy has.

    It stands behind lwfast in a round: in front, it would bring the input into the cache for it.
    """
    flat = array.reshape(-1).view(np.uint8)
    return flat[: flat.size // 8 * 8].view(np.uint64).max()


def tables() -> list[Table]:
    """Measure, and write the tables."""
    return [_decode(), _encode(), _post_select(), _group(), _map(), _summary(), _whole(), _memory()]


def _decode() -> Table:
    def calls(n: int) -> Mapping[str, Callable[[], object]]:
        body = data.body(n)
        text = np.frombuffer(body, np.uint8)
        found = {"lwfast": lambda: results_lwfast.decode(body), LIMIT: lambda: _read(text)}
        for peer in (results_msgspec, results_orjson):
            if n <= LARGEST_REFERENCE:
                found[f"{peer.name} to dict"] = lambda p=peer: p.decode(body)
            found[f"{peer.name} and numpy"] = lambda p=peer: p.decode_table(body)
        if n <= LARGEST_REFERENCE:
            found["lightworks_remote"] = lambda: results_lightworks_remote.decode(body)
        return found

    return _table("Decode the body of a result, 20 modes", calls, lambda n: len(data.body(n)))


def _encode() -> Table:
    def calls(n: int) -> Mapping[str, Callable[[], object]]:
        states, counts = data.table(n)
        found = {"lwfast": lambda: results_lwfast.encode(states, counts)}
        if n <= LARGEST_REFERENCE:
            as_dict = results_orjson.decode(results_lwfast.encode(states, counts))
            for peer in (results_msgspec, results_orjson):
                found[f"{peer.name} from dict"] = lambda p=peer: p.encode(as_dict)
        return found

    return _table("Encode it again", calls, lambda n: len(data.body(n)))


def _post_select() -> Table:
    from lwfast.results import SamplingResult

    def calls(n: int) -> Mapping[str, Callable[[], object]]:
        states, counts = data.table(n)
        expected = results_numpy.post_select(states, counts, data.RULES, data.HERALDS)
        found = {}
        result = SamplingResult.from_columns(states, counts)  # prepared, as the frames of the others are
        for peer in (
            results_lwfast,
            results_numpy,
            results_pandas,
            results_polars,
            results_lightworks_remote,
        ):
            if peer is results_lightworks_remote and n > LARGEST_REFERENCE:
                continue
            args = (peer.prepare(states, counts),) if hasattr(peer, "prepare") else (states, counts)

            def call(p=peer, a=args):
                if p.post_select(*a, data.RULES, data.HERALDS) != expected:
                    raise AssertionError(f"{p.name} gives another answer")

            found[peer.name] = call
            if peer is results_lwfast:
                # The others leave nothing of lwfast in the caches, neither data nor code.
                found["lwfast, called again"] = call
                found[LIMIT] = lambda: (_read(states), _read(counts))
                found["lwfast, a result object"] = lambda: result.post_select(data.RULES, data.HERALDS)
        return found

    return _table("Post-select with two rules of two modes and two heralds", calls, lambda n: 28 * n)


def _group() -> Table:
    def calls(n: int) -> Mapping[str, Callable[[], object]]:
        states, counts = data.repeated(n)
        expected = results_lwfast.group(states, counts)
        found = {}
        for peer in (results_lwfast, results_numpy, results_pandas, results_polars):
            if peer is results_numpy and n > LARGEST_REFERENCE:
                continue  # a minute a round
            args = (peer.prepare(states, counts),) if hasattr(peer, "prepare") else (states, counts)

            def call(p=peer, a=args):
                if p.group(*a) != expected:
                    raise AssertionError(f"{p.name} gives another answer")

            found["np.unique(axis=0)" if peer is results_numpy else peer.name] = call
        return found

    return _table("Add up equal rows of raw samples, 20 modes and 4 photons", calls, lambda n: 28 * n)


def _map() -> Table:
    import lightworks
    from lightworks.sdk.results import SamplingResult as Reference
    from lightworks.sdk.utils.conversion import convert

    from lwfast.results import SamplingResult

    def calls(n: int) -> Mapping[str, Callable[[], object]]:
        states, counts = data.table(n)
        ours = SamplingResult.from_columns(states, counts)
        found: dict[str, Callable[[], object]] = {"lwfast": lambda: ours.map("threshold")}
        if n <= 100_000:  # a minute a round for 10^6
            theirs = Reference(
                results_lightworks_remote.prepare(states, counts), lightworks.State([0] * data.N_MODES)
            )
            found["lightworks"] = lambda: theirs.map(convert.threshold_mapping)
        return found

    return _table("Map to threshold states and add up", calls, lambda n: 28 * n)


def _summary() -> Table:
    from lwfast.results import SamplingResult

    def calls(n: int) -> Mapping[str, Callable[[], object]]:
        states, counts = data.table(n)
        result = SamplingResult.from_columns(states, counts)
        expected = results_numpy.summary(states, counts)
        if not np.array_equal(result.summary().pair_sums, expected):
            raise AssertionError("lwfast and numpy differ")
        return {
            "lwfast": result.summary,
            LIMIT: lambda: (_read(states), _read(counts)),
            "numpy": lambda: results_numpy.summary(states, counts),
        }

    title = "Photon histogram, means of modes and all two-mode correlations, 20 modes"
    return _table(title, calls, lambda n: 28 * n)


def _whole() -> Table:
    def calls(n: int) -> Mapping[str, Callable[[], object]]:
        body = data.body(n)
        expected = results_numpy.post_select(*data.table(n), data.RULES, data.HERALDS)
        found = {}
        for peer in (results_lwfast, results_msgspec, results_orjson, results_lightworks_remote):
            if peer is results_lightworks_remote and n > LARGEST_REFERENCE:
                continue

            def call(p=peer):
                if p.whole(body) != expected:
                    raise AssertionError(f"{p.name} gives another answer")

            found[
                peer.name if peer in (results_lwfast, results_lightworks_remote) else f"{peer.name} and numpy"
            ] = call
        return found

    return _table(
        "The whole path: from the body to the post-selected table", calls, lambda n: len(data.body(n))
    )


def _table(title: str, calls: Callable, n_bytes: Callable[[int], int]) -> Table:
    """One line a size and competitor."""
    rows = []
    for n in SIZES:
        # The largest once: a round takes a minute, and everything is compiled by then.
        rounds = 9 if n <= 100_000 else 3 if n <= LARGEST_REFERENCE else 1
        seconds = medians(calls(n), rounds=rounds, warmups=1 if n <= LARGEST_REFERENCE else 0)
        ours = seconds["lwfast"]
        for name, time in seconds.items():
            rows.append(
                [
                    f"10^{len(str(n)) - 1} rows, {name}",
                    seconds_text(time),
                    f"{n_bytes(n) / time / 1e9:.3g}",
                    "" if name == "lwfast" else ratio_text(time, ours),
                ]
            )
    return title, markdown(["", "time", "GB/s", "lwfast is faster by"], rows)


_CHILD = """
import sys
from pathlib import Path
from benchmarks.adapters import {module} as peer

def peak(name):
    return 1024 * int(next(x.split()[1] for x in open("/proc/self/status") if x.startswith(name)))

body = Path(sys.argv[1]).read_bytes()
peer.whole(Path(sys.argv[2]).read_bytes())
Path("/proc/self/clear_refs").write_text("5")
before = peak("VmRSS")
peer.whole(body)
print(peak("VmHWM") - before)
"""


def _memory(n: int = 1_000_000) -> Table:
    """Peak memory above what the process had with the body read, in a process of its own (Linux only)."""
    import tempfile

    rows = []
    with tempfile.TemporaryDirectory() as folder:
        large, small = Path(folder) / "large.json", Path(folder) / "small.json"
        large.write_bytes(data.body(n))
        small.write_bytes(data.body(SIZES[0]))
        for peer in (results_lwfast, results_msgspec, results_orjson, results_lightworks_remote):
            module = peer.__name__.rpartition(".")[2]
            root = str(Path(__file__).resolve().parent.parent)
            command = [
                sys.executable,
                "-W",
                "ignore",
                "-c",
                _CHILD.format(module=module),
                str(large),
                str(small),
            ]
            done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
            peak = int(done.stdout)
            rows.append([peer.name, f"{peak / 1e6:.0f} MB", f"{peak / len(data.body(n)):.2f}"])
    size = len(data.body(n)) / 1e6
    return (
        f"Peak memory of the whole path at 10^6 rows, above the body of {size:.0f} MB",
        markdown(["", "peak", "times the body"], rows),
    )
