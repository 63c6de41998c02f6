"""What surrounds the circuit: photon source, loss, detectors. Values only; the emulator applies them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from lwfast._base.origin import lightworks_name, lightworks_package
from lwfast._base.validation import as_fraction, as_purity, is_several, scalar
from lwfast._types import FloatArray
from lwfast.errors import ModeMismatchError
from lwfast.optics.arguments import as_flag, checked_detector

_set = object.__setattr__
PerMode = float | tuple[float, ...]
"""One value for all modes, or one a mode."""


@dataclass(slots=True)
class Source:
    """An imperfect source of single photons. Its values can be set later; each is checked when it is set.

    Args:
        purity: One minus the second-order correlation, 1 - g2(0), in (0.5, 1]; by default 1. A second photon
            is distinguishable from all other photons.
        brightness: Probability that each emitted photon is kept, a second one included, in [0, 1]; by default
            1.
        indistinguishability: Visibility of a Hong-Ou-Mandel dip of two photons of the source, in [0, 1]; by
            default 1.
        probability_threshold: Accepted for code written for Lightworks, which leaves out inputs less likely
            than this, in [0, 1]. lwfast uses every input, so the value has no effect.

    Raises:
        TypeError: A value is not a real number.
        ValueError: A value is outside its range.

    Example:
        >>> source = lw.emulator.Source(brightness=0.5, indistinguishability=0.9)
        >>> splitter = lw.PhotonicCircuit(2)
        >>> splitter.bs(0)
        >>> found = lw.output_distribution(splitter.U, [1, 1], source=source)
        >>> for state, probability in zip(found.states.tolist(), found.probabilities, strict=True):
        ...     print(state, round(probability, 5))  # [1, 1] is the rest of the Hong-Ou-Mandel dip
        [2, 0] 0.11875
        [1, 1] 0.0125
        [0, 2] 0.11875
        [1, 0] 0.25
        [0, 1] 0.25
        [0, 0] 0.25
    """

    purity: float = 1
    brightness: float = 1
    indistinguishability: float = 1
    probability_threshold: float = 1e-9

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "purity":
            value = as_purity(value)
        elif name in _SOURCE_NAMES:
            value = as_fraction(value, f"Value of {name}")
        object.__setattr__(self, name, value)

    @property
    def is_perfect(self) -> bool:
        """Whether each intended photon is emitted, alone and indistinguishable."""
        return self.purity == 1 and self.brightness == 1 and self.indistinguishability == 1

    def check_number(self, state: Any) -> int:
        """Return how many different inputs the source makes of an intended one.

        Args:
            state: The intended input: a State, or photon numbers.

        Returns:
            The number of inputs that are at least as likely as `probability_threshold`.

        Raises:
            TypeError: `state` is not a state.
            ResourceLimitError: There are too many to count.
        """
        from lwfast.optics.noise.source_inputs import count_inputs
        from lwfast.optics.noise.source_terms import source_terms
        from lwfast.state import as_occupation

        terms = source_terms(self.purity, self.brightness, self.indistinguishability)
        return count_inputs(as_occupation(state), terms, self.probability_threshold)

    def to_lightworks(self) -> Any:
        """Return the source as a `lightworks.emulator.Source`.

        Raises:
            LightworksDependencyError: Lightworks is not installed.
        """
        return _written(self, self)

    def __str__(self) -> str:
        return (
            f"Source(purity = {self.purity}, brightness = {self.brightness}, "
            f"indistinguishability = {self.indistinguishability}, "
            f"probability threshold = {self.probability_threshold})"
        )

    def __repr__(self) -> str:
        return f"lwfast.emulator.{self}"


_SOURCE_NAMES = frozenset(field.name for field in fields(Source))


@dataclass(slots=True)
class Detector:
    """Imperfect detectors. The values can be set later; each is checked when it is set.

    Each value may be given once for all modes or as a sequence with one value per mode; then all modes of the
    circuit count, heralded ones too.

    Args:
        efficiency: Probability that a photon is detected, in [0, 1]; by default 1.
        p_dark: Probability of a dark count per detector and shot, in [0, 1]; by default 0.
        photon_counting: True, the default, for detectors that resolve the photon number, False for threshold
            detectors.

    Raises:
        TypeError: A value has the wrong type.
        ValueError: A value is outside [0, 1], or a sequence is empty.
        ModeMismatchError: Sequences differ in length.

    Example:
        >>> splitter = lw.PhotonicCircuit(2)
        >>> splitter.bs(0)
        >>> detector = lw.emulator.Detector(efficiency=0.9, photon_counting=False)
        >>> found = lw.output_distribution(splitter.U, [1, 1], detector=detector)
        >>> for clicks, probability in zip(found.states.tolist(), found.probabilities, strict=True):
        ...     print(clicks, round(probability, 4))  # two photons in one mode click once
        [0, 0] 0.01
        [1, 0] 0.495
        [0, 1] 0.495
        [1, 1] 0.0
        >>> efficiency, p_dark, counting = detector.per_mode(2)
        >>> efficiency.tolist(), counting.tolist()
        ([0.9, 0.9], [False, False])
    """

    efficiency: PerMode = 1
    p_dark: PerMode = 0
    photon_counting: bool | tuple[bool, ...] = True

    def __setattr__(self, name: str, value: Any) -> None:
        kind = type(value)
        if kind is float or kind is int:
            plain = 0 <= value <= 1 and name != "photon_counting"
        else:
            plain = kind is bool and name == "photon_counting"
        if plain:  # nearly every call
            _set(self, name, value)
            return
        if name == "photon_counting":
            value = _each(value, name, as_flag)
        elif name in _FRACTION_NAMES:
            value = _each(value, name, _fraction)
        if isinstance(value, tuple):
            for other in _DETECTOR_NAMES:
                present = getattr(self, other, None)
                if other != name and isinstance(present, tuple) and len(present) != len(value):
                    msg = f"{name} has {len(value)} values, {other} has {len(present)}; give one per mode."
                    raise ModeMismatchError(msg)
        _set(self, name, value)

    @property
    def n_modes(self) -> int | None:
        """The number of modes for which values are given, or None where one value serves all."""
        for name in _DETECTOR_NAMES:
            value = getattr(self, name)
            if isinstance(value, tuple):
                return len(value)
        return None

    @property
    def is_perfect(self) -> bool:
        """Whether the detectors report what arrives."""
        return all(
            present in (perfect, (perfect,) * (len(present) if isinstance(present, tuple) else 0))
            for present, perfect in ((self.efficiency, 1), (self.p_dark, 0), (self.photon_counting, True))
        )

    def per_mode(self, n_modes: int) -> tuple[FloatArray, FloatArray, NDArray[np.bool_]]:
        """Return the values mode by mode.

        Args:
            n_modes: Number of modes of the circuit, heralded ones counted.

        Returns:
            Efficiency float64[n_modes], dark-count probability float64[n_modes], and bool[n_modes], True
            where the detector resolves the photon number.

        Raises:
            ModeMismatchError: Values are given for another number of modes.
        """
        return checked_detector(self, n_modes)

    def to_lightworks(self) -> Any:
        """Return the detectors as a `lightworks.emulator.Detector`, which has one value for all modes.

        Raises:
            LightworksDependencyError: Lightworks is not installed.
            ValueError: The modes have different values.
        """
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        for name, value in values.items():
            if isinstance(value, tuple) and len(set(value)) > 1:
                msg = f"A detector of Lightworks has one {name} for all modes, and this one has {value}."
                raise ValueError(msg)
        return _written(self, Detector(**{k: v[0] if isinstance(v, tuple) else v for k, v in values.items()}))

    def __str__(self) -> str:
        return (
            f"Detector(efficiency = {self.efficiency}, p_dark = {self.p_dark}, "
            f"photon_counting = {self.photon_counting})"
        )

    def __repr__(self) -> str:
        return f"lwfast.emulator.{self}"


_DETECTOR_NAMES = tuple(field.name for field in fields(Detector))
_FRACTION_NAMES = ("efficiency", "p_dark")


H = TypeVar("H", Source, Detector)


def own_part(value: Any, kind: type[H]) -> H | None:
    """Return a source or detector of lwfast or of Lightworks as one of ours; None for anything else.

    Args:
        value: What was given. That of Lightworks is taken as it is now.
        kind: The class that is wanted, `Source` or `Detector`.

    Raises:
        TypeError, ValueError: It has a value that lwfast refuses.
    """
    if isinstance(value, kind):
        return value
    if value is None or not lightworks_name(value, (kind.__name__,)):
        return None
    return kind(**{field.name: getattr(value, field.name) for field in fields(kind)})


def _written(given: Any, values: Source | Detector) -> Any:
    """Return values as the class of Lightworks; `given` where lwfast stands in its place."""
    package = lightworks_package()
    if package is None:
        return given
    theirs = getattr(package.emulator, type(values).__name__)
    return theirs(**{field.name: getattr(values, field.name) for field in fields(values)})


@dataclass(slots=True, frozen=True)
class HardwareModel:
    """What a QPU adds to a circuit: source, loss in each mode, detectors.

    Args:
        source: The photon source; by default None, for a perfect one.
        loss: Probability that a photon is lost, one for all modes or one per mode, in [0, 1]; by default 0.
        detector: The detectors; by default None, for perfect ones.

    Raises:
        TypeError: A value has the wrong type.
        ValueError: A loss is outside [0, 1], or a sequence is empty.

    Example:
        >>> from lwfast.emulator import HardwareModel, Source
        >>> model = HardwareModel(source=Source(brightness=0.6), loss=0.3)
        >>> states, counts = lw.emulator.run_raw(np.eye(2), [1, 1], 10_000, hardware=model, rng=1)
        >>> both = int(counts[states.sum(axis=1) == 2].sum())  # (0.6 * 0.7)^2 of the samples, 1,764
        >>> 1600 < both < 1900
        True
        >>> model.loss_per_mode(2).tolist(), model.is_ideal
        ([0.3, 0.3], False)
    """

    source: Source | None = None
    loss: PerMode = 0
    detector: Detector | None = None

    def __post_init__(self) -> None:
        for name, kind in (("source", Source), ("detector", Detector)):
            value = getattr(self, name)
            if value is None or isinstance(value, kind):
                continue
            own: Any = own_part(value, kind)
            if own is None:
                msg = f"{name} should be a {kind.__name__} or None, got {type(value).__name__}."
                raise TypeError(msg)
            object.__setattr__(self, name, own)
        object.__setattr__(self, "loss", _each(self.loss, "loss", _fraction))

    @property
    def is_ideal(self) -> bool:
        """Whether the model changes nothing."""
        source_ok = self.source is None or self.source.is_perfect
        lossless = not any(self.loss) if isinstance(self.loss, tuple) else self.loss == 0
        return source_ok and lossless and (self.detector is None or self.detector.is_perfect)

    def loss_per_mode(self, n_modes: int) -> FloatArray:
        """Return the loss mode by mode.

        Args:
            n_modes: Number of modes of the circuit, heralded ones counted.

        Returns:
            float64[n_modes].

        Raises:
            ModeMismatchError: Losses are given for another number of modes.
        """
        if isinstance(self.loss, tuple) and len(self.loss) != n_modes:
            msg = f"The hardware model has losses for {len(self.loss)} modes, and the circuit has {n_modes}."
            raise ModeMismatchError(msg)
        return np.array(np.broadcast_to(self.loss, n_modes), dtype=np.float64)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> HardwareModel:
        """Make a model from plain values, as a TOML file holds them.

        Args:
            data: `source` and `detector` as tables of their arguments, `loss` as a number or a list.

        Raises:
            TypeError: A value has the wrong type.
            ValueError: A name is unknown, or a value is outside its range.
            ModeMismatchError: Sequences of the detector differ in length.
        """
        _check_names(data, cls, "hardware model")
        values = dict(data)
        for name, kind in (("source", Source), ("detector", Detector)):
            table = values.get(name)
            if table is not None:
                _check_names(table, kind, name)
                values[name] = kind(**table)
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values that `from_dict` reads; what is absent or perfect by default is left out."""
        data: dict[str, Any] = {}
        for name in ("source", "detector"):
            part = getattr(self, name)
            if part is not None:
                data[name] = {field.name: _plain(getattr(part, field.name)) for field in fields(part)}
        if self.loss != 0:
            data["loss"] = _plain(self.loss)
        return data


def _each(value: Any, name: str, check: Any) -> Any:
    """Check one value, or each of a sequence, which becomes a tuple."""
    if is_several(value):
        checked = tuple(check(item, name) for item in value)
        if not checked:
            msg = f"{name} should be one value, or one for each mode; got an empty sequence."
            raise ValueError(msg)
        return checked
    return check(scalar(value), name)


def _fraction(value: Any, name: str) -> float:
    if type(value) is float and 0 <= value <= 1:
        return value  # before a name is put together that nobody reads
    return as_fraction(value, f"Value of {name}")


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _check_names(data: Any, kind: type, what: str) -> None:
    if not isinstance(data, Mapping):
        msg = f"The {what} should be a table of values, got {type(data).__name__}."
        raise TypeError(msg)
    names = [field.name for field in fields(kind)]
    unknown = [str(name) for name in data if name not in names]
    if unknown:
        msg = f"Unknown in the {what}: {', '.join(unknown)}. It knows {', '.join(names)}."
        raise ValueError(msg)
