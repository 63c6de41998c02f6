"""The same random circuit, built with lwfast and with Lightworks."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any


@dataclass
class Pair:
    """Circuits of both kinds, built by the same calls, and the Parameters in them."""

    ours: Any
    theirs: Any
    parameters: list[tuple[Any, Any]] = field(default_factory=list)


def random_pair(seed: int, ours: ModuleType, theirs: ModuleType, depth: int = 2) -> Pair:
    """Build a circuit of up to 5 modes twice: all elements, Parameters, groups, heralded sub-circuits.

    Lightworks' faults that would make the circuits differ are steered round: the loss of an element after a
    heralded sub-circuit, and heralds out of order across internal modes.
    """
    draw = random.Random(seed)
    parameters: list[tuple[Any, Any]] = []
    pair = _pair(draw, draw.randint(1, 5), depth, parameters, (ours, theirs))
    return Pair(*pair, parameters)


def _pair(
    draw: random.Random, n: int, depth: int, parameters: list[tuple[Any, Any]], modules: tuple[Any, Any]
) -> tuple[Any, Any]:
    circuits = tuple(module.PhotonicCircuit(n) for module in modules)

    def both(name: str, *args: Any, **kwargs: Any) -> None:
        """Call a method of both; a pair of Parameters is parted."""
        for i, circuit in enumerate(circuits):
            mine = [a[i] if isinstance(a, tuple) and a in parameters else a for a in args]
            getattr(circuit, name)(*mine, **kwargs)

    def value(number: float) -> Any:
        if draw.random() < 0.7:
            return number
        parameters.append(tuple(module.Parameter(number) for module in modules))
        return parameters[-1]

    def loss() -> Any:
        return 0 if circuits[0]._internal_modes or draw.random() < 0.5 else value(draw.random())

    for _ in range(draw.randint(1, 6)):
        kind = draw.choice(["bs", "bs", "ps", "ps", "loss", "barrier", "swaps", "unitary", "add", "add"])
        if kind == "bs" and n > 1:
            first, second = draw.sample(range(n), 2)
            both("bs", first, second, value(draw.random()), loss(), draw.choice(["Rx", "H"]))
        elif kind == "ps":
            both("ps", draw.randrange(n), value(draw.uniform(-9, 9)), loss())
        elif kind == "loss":
            both("loss", draw.randrange(n), value(draw.random()))
        elif kind == "barrier":
            both("barrier", draw.choice([None, draw.sample(range(n), draw.randint(1, n))]))
        elif kind == "swaps":
            starts = draw.sample(range(n), draw.randint(1, n))
            both("mode_swaps", dict(zip(starts, draw.sample(starts, len(starts)), strict=True)))
        elif kind == "unitary":
            width = draw.randint(1, n)
            matrix, mode = modules[0].random_unitary(width, draw.randrange(10**6)), draw.randint(0, n - width)
            group = draw.random() < 0.5
            for module, circuit in zip(modules, circuits, strict=True):
                circuit.add(module.Unitary(matrix), mode, group)
        elif kind == "add" and depth:
            inner = _pair(draw, draw.randint(1, n + 2), depth - 1, parameters, modules)
            width, heralds = inner[0].input_modes, list(inner[0].heralds.input)
            out_of_order = heralds != sorted(heralds) and bool(circuits[0]._internal_modes)
            if 1 <= width <= n and not out_of_order:
                mode, group = draw.randint(0, n - width), draw.random() < 0.5
                for circuit, part in zip(circuits, inner, strict=True):
                    circuit.add(part, mode, group)
    if n > 1 and draw.random() < 0.6:
        count = draw.randint(1, n - 1)
        inputs, outputs = draw.sample(range(n), count), draw.sample(range(n), count)
        for modes in zip(inputs, outputs, strict=True):
            both("herald", modes, (draw.randint(0, 2), draw.randint(0, 2)))
    return circuits  # type: ignore[return-value]
