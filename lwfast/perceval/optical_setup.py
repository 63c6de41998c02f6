"""A circuit with what stands before and behind it: what an experiment of Perceval holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lwfast.circuit.photonic_circuit import PhotonicCircuit
from lwfast.hardware import Detector, Source
from lwfast.rules import PostSelectionType
from lwfast.state import State
from lwfast.tasks.sampler import Sampler


@dataclass(frozen=True, slots=True)
class Setup:
    """The parts of an Experiment or a Processor of Perceval, as objects of lwfast.

    Attributes:
        circuit: The circuit, with its heralds.
        input_state: Photon numbers of its inputs, heralded modes left out, or None where none are set.
        post_selection: Which outcomes count, or None for all. Modes are those of the outcome, heralded modes
            left out.
        min_detection: Fewest photons in an outcome, heralded ones not counted, or None.
        source: The photon source; by default None, for a perfect one.
        detector: The detectors; by default None, for perfect ones.

    Example:
        >>> import perceval as pcvl
        >>> processor = pcvl.Processor("SLOS", pcvl.BS())
        >>> processor.with_input(pcvl.BasicState([1, 1]))
        >>> setup = lw.from_perceval(processor)
        >>> setup.input_state
        lwfast.State(|1,1>)
    """

    circuit: PhotonicCircuit
    input_state: State | None = None
    post_selection: PostSelectionType | None = None
    min_detection: int | None = None
    source: Source | None = None
    detector: Detector | None = None

    def sampler(self, n_samples: int, input_state: State | None = None, **options: Any) -> Sampler:
        """Return a Sampler of the setup.

        Args:
            n_samples: How many samples the Sampler takes, from 1 on; there is no default.
            input_state: The input state; by default None, for that of the setup.
            **options: Further arguments of `Sampler`, such as `random_seed`; one that the setup has, such as
                `source`, takes its place.

        Raises:
            ValueError: Neither the setup nor the call has an input.
        """
        state = self.input_state if input_state is None else input_state
        if state is None:
            raise ValueError(
                "The setup has no input state; give one, setup.sampler(n_samples, lw.State([1, 0])), or set "
                "it in Perceval with with_input()."
            )
        own = {
            "post_selection": self.post_selection,
            "min_detection": self.min_detection,
            "source": self.source,
            "detector": self.detector,
        }
        return Sampler(self.circuit, state, n_samples, **{**own, **options})
