"""Sampling: how often each outcome is seen."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from lwfast._base.generators import seed_of_rng
from lwfast._base.origin import lightworks_package
from lwfast._base.validation import as_integer, full_name, process_random_seed
from lwfast._types import SeedLike
from lwfast.circuit import PhotonicCircuit
from lwfast.errors import SamplerError
from lwfast.hardware import Detector, Source, own_part
from lwfast.rules import PostSelectionType
from lwfast.state import State
from lwfast.tasks.data import SamplerTask
from lwfast.tasks.task import (
    Task,
    as_lightworks,
    check_circuit,
    check_enough_photons,
    check_length,
    check_post_selection,
    check_state,
    snapshot,
)

PostSelectionLike = PostSelectionType | Callable[[State], bool] | None


class Sampler(Task):
    """Sample outcomes of a circuit.

    Every value can be set later, and is checked against the others when it is set. The circuit is built, and
    everything checked again, when the task is run.

    Args:
        circuit: The circuit to sample from; later changes of its Parameters count.
        input_state: Photon number of each input mode, heralded modes left out.
        n_samples: How many samples to draw, or how many shots with `sampling_mode="input"`.
        post_selection: Which outcomes count: a PostSelection, or any callable that takes a State. Modes are
            those of the outcome, heralded modes left out.
        min_detection: Fewest photons in an outcome, heralded ones not counted; None, the default, lets the
            platform choose.
        source: The photon source; by default None, for a perfect one.
        detector: The detectors; by default None, for perfect ones.
        random_seed: Seed of the samples, an integer from 0 on; by default None, for new samples in each run.
        sampling_mode: "output", the default, for `n_samples` outcomes that count; "input" for `n_samples`
            shots, of which the result holds those that count.
        rng: Seed, SeedSequence or Generator, instead of `random_seed`; by default None.

    Raises:
        TypeError: A value has the wrong type.
        ValueError: A value is outside its range, or both `random_seed` and `rng` are given.
        ModeMismatchError: `input_state`, or a detector with one value per mode, has another number of modes
            than the circuit.
        ModeRangeError: A rule of `post_selection` names a mode that outcomes do not have.

    Example:
        >>> circuit = lw.PhotonicCircuit(2)
        >>> circuit.bs(0)
        >>> task = lw.Sampler(circuit, lw.State([1, 1]), n_samples=1000, random_seed=1)
        >>> result = lw.emulator.Backend("auto").run(task)
        >>> result[lw.State([2, 0])] + result[lw.State([0, 2])]  # photons that meet leave together
        1000
    """

    def __init__(
        self,
        circuit: PhotonicCircuit,
        input_state: State,
        n_samples: int,
        post_selection: PostSelectionLike = None,
        min_detection: int | None = None,
        source: Source | None = None,
        detector: Detector | None = None,
        random_seed: int | None = None,
        sampling_mode: Literal["input", "output"] = "output",
        *,
        rng: SeedLike = None,
    ) -> None:
        self._circuit = check_circuit(circuit)
        self._random_seed: int | None = None
        self._rng: SeedLike = None
        self._probability_distribution: Any = None
        self.input_state = input_state
        self.source = source
        self.detector = detector
        self.n_samples = n_samples
        self.post_selection = post_selection
        self.min_detection = min_detection
        self.random_seed = random_seed
        self.rng = rng
        self.sampling_mode = sampling_mode

    @property
    def circuit(self) -> PhotonicCircuit:
        """The circuit. A new one has to fit the input and the post-selection; else make a new task."""
        return self._circuit

    @circuit.setter
    def circuit(self, value: PhotonicCircuit) -> None:
        circuit = check_circuit(value)
        check_length(self._input_state, circuit.input_modes)
        check_post_selection(self._post_selection, circuit)
        self._circuit = circuit

    @property
    def input_state(self) -> State:
        """Photon numbers of the inputs, heralded modes left out."""
        return self._input_state

    @input_state.setter
    def input_state(self, value: State) -> None:
        self._input_state = check_state(value, self._circuit.input_modes)

    @property
    def source(self) -> Source | None:
        """The photon source, or None for a perfect one."""
        return self._source

    @source.setter
    def source(self, value: Source | None) -> None:
        if value is not None and own_part(value, Source) is None:
            msg = (
                f"Provided source should be a Source object, got {full_name(value)}; "
                "import emulator from lwfast."
            )
            raise TypeError(msg)
        self._source = value

    @property
    def detector(self) -> Detector | None:
        """The detectors, or None for perfect ones."""
        return self._detector

    @detector.setter
    def detector(self, value: Detector | None) -> None:
        detector = None if value is None else own_part(value, Detector)
        if value is not None and detector is None:
            msg = (
                f"Provided detector should be a Detector object, got {full_name(value)}; "
                "import emulator from lwfast."
            )
            raise TypeError(msg)
        if detector is not None:
            detector.per_mode(self._circuit.n_modes)
        self._detector = value

    @property
    def n_samples(self) -> int:
        """How many samples the task asks for."""
        return self._n_samples

    @n_samples.setter
    def n_samples(self, value: int) -> None:
        number = as_integer(value, "n_samples")
        if number < 0:
            msg = f"Number of samples cannot be negative, got {number}."
            raise ValueError(msg)
        self._n_samples = number

    @property
    def post_selection(self) -> PostSelectionType | None:
        """Which outcomes count, or None for all."""
        return self._post_selection

    @post_selection.setter
    def post_selection(self, value: PostSelectionLike) -> None:
        self._post_selection = check_post_selection(value, self._circuit)

    @property
    def min_detection(self) -> int | None:
        """Fewest photons in an outcome, heralded ones not counted, or None to let the platform choose."""
        return self._min_detection

    @min_detection.setter
    def min_detection(self, value: int | None) -> None:
        number = None if value is None else as_integer(value, "min_detection")
        if number is not None and number < 0:
            msg = f"min_detection cannot be negative, got {number}."
            raise ValueError(msg)
        self._min_detection = number

    @property
    def random_seed(self) -> int | None:
        """Seed of the samples, or None."""
        return self._random_seed

    @random_seed.setter
    def random_seed(self, value: int | None) -> None:
        seed = process_random_seed(value)
        _check_one_seed(seed, self._rng)
        self._random_seed = seed

    @property
    def rng(self) -> SeedLike:
        """Seed or generator of the samples, or None."""
        return self._rng

    @rng.setter
    def rng(self, value: SeedLike) -> None:
        # NumPy loads its generators when they are first named.
        if value is not None and not isinstance(value, np.random.Generator | np.random.SeedSequence):
            value = seed_of_rng(value)
        _check_one_seed(self._random_seed, value)
        self._rng = value

    @property
    def sampling_mode(self) -> Literal["input", "output"]:
        """What `n_samples` counts, "output" for outcomes that count or "input" for shots."""
        return self._sampling_mode

    @sampling_mode.setter
    def sampling_mode(self, value: Literal["input", "output"]) -> None:
        if value not in ("input", "output"):
            msg = f"Sampling mode must be set to either input or output, got {value!r}."
            raise ValueError(msg)
        self._sampling_mode = value

    @property
    def probability_distribution(self) -> Any:
        """The distribution of outcomes in front of the detectors, over all modes, as the last run had it.

        It is also available after a run in which no outcome counted.

        Raises:
            SamplerError: The Sampler was not run yet.
            ResourceLimitError: It would not fit in memory.
        """
        if self._probability_distribution is None:
            raise SamplerError(
                "Probability distribution must be calculated by first running the Sampler on a backend."
            )
        if callable(self._probability_distribution):
            # Backends leave a function behind, so that nobody waits for a distribution that nobody reads.
            self._probability_distribution = self._probability_distribution()
        return self._probability_distribution

    def to_lightworks(self) -> Any:
        """Return the task as a `lightworks.Sampler`, whose circuit has the same Parameters.

        Raises:
            LightworksDependencyError: Lightworks is not installed.
            ValueError: It has what a Sampler of Lightworks has not: a `rng` that is not an integer, or
                detectors that differ from mode to mode.
        """
        package = lightworks_package()
        if package is None:
            return self
        seed: Any = self._random_seed if self._rng is None else self._rng
        if isinstance(seed, np.random.Generator | np.random.SeedSequence):
            msg = f"A Sampler of Lightworks takes an integer as seed; set random_seed instead of {seed!r}."
            raise ValueError(msg)
        return package.Sampler(
            self._circuit.to_lightworks(),
            self._input_state.to_lightworks(),
            self._n_samples,
            post_selection=as_lightworks(self._post_selection),
            min_detection=self._min_detection,
            source=as_lightworks(self._source),
            detector=as_lightworks(self._detector),
            random_seed=seed,
            sampling_mode=self._sampling_mode,
        )

    def __getstate__(self) -> dict[str, Any]:
        # What a backend left behind to work out a distribution cannot be pickled.
        state = dict(self.__dict__)
        if callable(self._probability_distribution):
            state["_probability_distribution"] = None
        return state

    def __repr__(self) -> str:
        names = ("post_selection", "min_detection", "source", "detector", "random_seed", "rng")
        given = [f"{name}={getattr(self, name)!r}" for name in names if getattr(self, name) is not None]
        parts = [str(self._circuit), repr(self._input_state), f"n_samples={self._n_samples}", *given]
        return f"lwfast.Sampler({', '.join(parts)})"

    def _generate_task(self) -> SamplerTask:
        """Return the data that a backend needs, as it is now.

        Raises:
            PhotonNumberError: The input has too few photons for the heralds.
            ModeMismatchError: The circuit has got heralds since, and the input does not fit any more.
            ModeRangeError: A rule names a mode that outcomes do not have.
            CircuitCompilationError: A Parameter has a value that its element does not take.
        """
        check_length(self._input_state, self._circuit.input_modes)
        check_post_selection(self._post_selection, self._circuit)
        check_enough_photons(self._circuit, [self._input_state])
        detector = own_part(self._detector, Detector)
        if detector is not None:
            detector.per_mode(self._circuit.n_modes)
        build = self._circuit._new_build()  # noqa: SLF001  (for tasks)
        return SamplerTask(
            circuit=build.compiled,
            input_state=self._input_state,
            n_samples=self._n_samples,
            source=copy.copy(own_part(self._source, Source)),
            detector=copy.copy(detector),
            post_selection=snapshot(self._post_selection),
            min_detection=self._min_detection,
            random_seed=self._random_seed,
            sampling_mode=self._sampling_mode,
            rng=self._rng,
            parameters=self._circuit._labelled(build),  # noqa: SLF001
        )


def _check_one_seed(random_seed: int | None, rng: SeedLike) -> None:
    if random_seed is not None and rng is not None:
        raise ValueError("Give either random_seed or rng, not both; set the other one to None first.")
