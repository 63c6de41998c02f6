"""Tasks as backends get them: frozen, with the circuit built and everything checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from lwfast._types import SeedLike
from lwfast.circuit import CompiledCircuit
from lwfast.hardware import Detector, Source
from lwfast.rules import PostSelectionType
from lwfast.state import State


@dataclass(slots=True, frozen=True)
class TaskData:
    """Base of the data of every task."""


@dataclass(slots=True, frozen=True)
class SamplerTask(TaskData):
    """What a Sampler asks for.

    Attributes:
        circuit: The circuit as it was built for the run.
        input_state: The input state, without heralded modes.
        n_samples: How many samples; what counts as one is said by `sampling_mode`.
        source: The photon source; None for a perfect one.
        detector: The detectors; None for perfect ones.
        post_selection: Which outcomes count, by their modes without heralded ones.
        min_detection: Fewest photons in an outcome, heralded ones not counted; None lets the platform choose.
        random_seed: Seed of the samples, or None.
        sampling_mode: "input" for so many shots, "output" for so many outcomes that count.
        rng: Seed or generator of the samples, or None; never beside `random_seed`.
        parameters: Values of labelled Parameters that the circuit was built with.
    """

    circuit: CompiledCircuit
    input_state: State
    n_samples: int
    source: Source | None
    detector: Detector | None
    post_selection: PostSelectionType | None
    min_detection: int | None
    random_seed: int | None
    sampling_mode: Literal["input", "output"]
    rng: SeedLike = None
    parameters: Mapping[str, float] = field(default_factory=dict)


@dataclass(slots=True, frozen=True)
class SimulatorTask(TaskData):
    """What a Simulator asks for.

    Attributes:
        circuit: The circuit as it was built for the run.
        inputs: The input states, without heralded modes.
        outputs: Without heralded modes; None stands for all that can occur.
    """

    circuit: CompiledCircuit
    inputs: list[State]
    outputs: list[State] | None


@dataclass(slots=True, frozen=True)
class AnalyzerTask(TaskData):
    """What an Analyzer asks for.

    Attributes:
        circuit: The circuit as it was built for the run.
        inputs: The input states, without heralded modes.
        expected: The output, or outputs, that each input should give.
        post_selection: Which outcomes count, by their modes without heralded ones.
    """

    circuit: CompiledCircuit
    inputs: list[State]
    expected: dict[State, State | list[State]] | None
    post_selection: PostSelectionType | None
