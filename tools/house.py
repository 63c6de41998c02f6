"""Measure the floor plan of the package: files, circles of imports, and the way of four ordinary calls.

    python tools/house.py              # this checkout
    python tools/house.py --root DIR   # another one, an older commit's for example
    python tools/house.py --static     # without running anything

A circle is a set of files that import each other; imports below `TYPE_CHECKING` and inside functions count.
The way of a call is traced once everything is compiled and imported: how many modules of the package it
enters, how many calls lead from one module into another, and how many of these come back to a module that
the run had left before.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PACKAGE = "lwfast"


@dataclass(frozen=True)
class Way:
    """What one traced call passed.

    Attributes:
        n_calls: Python calls inside of the package.
        n_modules: Modules that were entered.
        n_crossings: Calls from one module into another.
        n_returns: Those that enter a module which the run had left before.
        busiest: The module that was come back to most often.
        n_busiest: How often.
    """

    n_calls: int
    n_modules: int
    n_crossings: int
    n_returns: int
    busiest: str
    n_busiest: int


def modules_of(root: Path) -> dict[str, Path]:
    """Return the modules of the package below `root`, by dotted name."""
    found = {}
    for path in sorted((root / PACKAGE).rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports_of(name: str, path: Path, modules: dict[str, Path]) -> set[str]:
    """Return the modules of the package that one module imports, wherever in the file."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, base] if base else above)
            for alias in node.names:
                whole = f"{base}.{alias.name}"
                found.add(whole if whole in modules else base)
    return {module for module in found if module in modules and module != name}


def circles_of(graph: dict[str, set[str]]) -> list[list[str]]:
    """Return the strongly connected components with more than one module, largest first (Tarjan 1972)."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        order[node] = low[node] = len(order)
        stack.append(node)
        for other in sorted(graph[node]):
            if other not in order:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], order[other])
        if low[node] == order[node]:
            members = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            if len(members) > 1:
                found.append(sorted(members))

    sys.setrecursionlimit(10_000)
    for node in sorted(graph):
        if node not in order:
            visit(node)
    return sorted(found, key=len, reverse=True)


def import_graph(root: Path) -> dict[str, set[str]]:
    """Return which module imports which.

    A package's face, an `__init__.py` that only hands names on, is left out as a target: whoever imports from
    it depends on the files behind it, and these are counted as its own imports.
    """
    modules = modules_of(root)
    return {name: imports_of(name, path, modules) for name, path in modules.items()}


def names_twice(root: Path) -> dict[str, list[str]]:
    """Return file names and classes that stand in more than one place, with the places."""
    places: dict[str, list[str]] = defaultdict(list)
    for name, path in modules_of(root).items():
        if path.stem not in {"__init__", "__main__"}:
            places[path.name].append(name)
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                places[f"class {node.name}"].append(name)
    return {what: where for what, where in sorted(places.items()) if len(where) > 1}


def print_plan(root: Path) -> None:
    """Print what the files alone tell."""
    modules = modules_of(root)
    rooms = Counter(path.parent.relative_to(root) for path in modules.values())
    top = sorted(path.name for path in (root / PACKAGE).glob("*.py"))
    print(f"Files at the top level: {len(top)} ({', '.join(top)})")
    print(f"Files in all: {len(modules)}, in {len(rooms)} rooms")
    for room, count in rooms.most_common(5):
        print(f"  {count:3} files in {room}")
    circles = circles_of(import_graph(root))
    print(f"Circles of imports: {len(circles)}, with {sum(map(len, circles))} files")
    for circle in circles:
        print(f"  {len(circle)}: {', '.join(circle)}")
    twice = names_twice(root)
    print(f"Names that stand for two things: {len(twice)}")
    for what, where in twice.items():
        print(f"  {what}: {', '.join(where)}")


def trace(root: Path, work: Callable[[], Any]) -> Way:
    """Run `work` and return the way that it takes through the modules of the package."""
    inside = str(root / PACKAGE)
    entered: list[str] = []
    shift = len(str(root)) + 1

    def note(frame: Any, event: str, _argument: Any) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(inside):
            entered.append(frame.f_code.co_filename[shift:])

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    seen: set[str] = set()
    returns: Counter[str] = Counter()
    crossings = 0
    before = ""
    for module in entered:
        if module != before:
            crossings += 1
            if module in seen:
                returns[module] += 1
        seen.add(module)
        before = module
    busiest, n_busiest = returns.most_common(1)[0] if returns else ("-", 0)
    return Way(len(entered), len(seen), crossings, returns.total(), busiest, n_busiest)


@contextlib.contextmanager
def ordinary_calls() -> Iterator[dict[str, Callable[[], Any]]]:
    """Yield the four calls whose way is traced; only public names are used."""
    import lwfast as lw
    from lwfast import emulator, remote

    circuit = lw.PhotonicCircuit(4)
    circuit.bs(0)
    circuit.bs(2)
    circuit.ps(1, 0.3)
    circuit.bs(1)
    rule = lw.PostSelection()
    rule.add((0, 1), 1)

    def sampler() -> Any:
        return lw.Sampler(circuit, lw.State([1, 0, 1, 0]), n_samples=1000, post_selection=rule, random_seed=1)

    matrix = lw.random_unitary(4, seed=1)
    rng_states = lw.fock_basis(6, 3)
    body = lw.encode_result(rng_states, [7] * len(rng_states))

    def decode_and_select() -> Any:
        table = lw.decode_result(body)
        return lw.post_select(table.states, table.counts, [((0, 1), (1,))])

    with remote.local_scheduler():
        qpu = remote.QPU("Artemis")
        yield {
            "Backend.run (Sampler, 4 modes)": lambda: emulator.Backend("auto").run(sampler()),
            "output_distribution (4 modes)": lambda: lw.output_distribution(matrix, [1, 0, 1, 0]),
            "QPU.run (one job)": lambda: qpu.run(sampler(), job_name="house"),
            "decode_result, post_select": decode_and_select,
        }


def print_ways(root: Path) -> None:
    """Print the way of each ordinary call."""
    sys.path.insert(0, str(root))
    with ordinary_calls() as calls:
        print(f"{'call':32}  calls  modules  crossings  returns  most often to")
        for name, work in calls.items():
            for _ in range(2):
                work()
            way = trace(root, work)
            print(
                f"{name:32}  {way.n_calls:5}  {way.n_modules:7}  {way.n_crossings:9}  {way.n_returns:7}  "
                f"{way.busiest} ({way.n_busiest})"
            )


def main() -> None:
    """Print the floor plan of a checkout."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent)
    parser.add_argument("--static", action="store_true", help="run nothing")
    chosen = parser.parse_args()
    root = chosen.root.resolve()
    print_plan(root)
    if not chosen.static:
        print_ways(root)


if __name__ == "__main__":
    main()
