"""Noise models and detectors of Perceval as sources and detectors of lwfast, and back.

Both packages take the source of page 15 of arXiv:2211.15626, with one difference. Perceval's brightness is
the probability that a pulse brings any photon at all; its transmittance, like the brightness of lwfast, is
the probability that a single photon arrives. With a brightness of 1, or without a second photon, the models
agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Any

from lwfast.hardware import Detector, HardwareModel, Source

_PHASES = (
    "Draw the phases in Perceval: drawn = experiment.use_phase_noise(noise, seed); set drawn.noise to the "
    "same model without phase_imprecision and phase_error, and convert drawn"
)
_REMEDIES = {"phase_imprecision": _PHASES, "phase_error": _PHASES}
_CONVERTED = ("brightness", "indistinguishability", "g2", "g2_distinguishable", "transmittance")


def read_noise(noise: Any) -> Source:
    """Return a noise model of Perceval as a source; brightness and transmittance become its brightness.

    Raises:
        ValueError: A field has a value without a counterpart; the message names it.
    """
    for name, value in noise.__dict__().items():  # a method there: the fields that differ from their defaults
        if name not in _CONVERTED:
            remedy = _REMEDIES.get(name, "Set it to its default to leave it out")
            msg = f"{name}={value} of the NoiseModel has no counterpart in a Source of lwfast. {remedy}."
            raise ValueError(msg)
    g2, brightness, transmittance = float(noise.g2), float(noise.brightness), float(noise.transmittance)
    if g2 >= 0.5:
        msg = (
            f"g2={g2} of the NoiseModel has no counterpart: sources of lwfast have a g2 below 0.5. Lower it."
        )
        raise ValueError(msg)
    if g2 and not noise.g2_distinguishable:
        msg = (
            f"g2_distinguishable=False of the NoiseModel, with g2={g2}, has no counterpart: the second "
            "photon of a source of lwfast is distinguishable from all others. Set it to True, or g2 to 0."
        )
        raise ValueError(msg)
    if g2 and brightness < 1:
        alike = transmittance * (brightness + second_photon(g2, brightness)) / (1 + second_photon(g2, 1))
        msg = (
            f"brightness={brightness} of the NoiseModel, with g2={g2}, has no counterpart: of a pulse that "
            "fails, Perceval's brightness takes both photons, and that of lwfast takes each on its own. Set "
            f"brightness=1 and transmittance={alike:.15g}, which brings no, one and two photons as often; "
            "what differs is how often a photon that comes alone is the second one. Or set g2 to 0."
        )
        raise ValueError(msg)
    return Source(
        purity=1 - g2,
        brightness=brightness * transmittance,
        indistinguishability=float(noise.indistinguishability),
    )


def second_photon(g2: float, brightness: float) -> float:
    """Return the probability that a pulse of Perceval's source brings two photons, before any is lost.

    With p = p1 + p2 = `brightness`, it is the smaller root of g2 = 2 p2 / (p1 + 2 p2)^2.
    """
    product = g2 * brightness
    return g2 * brightness**2 / (1 - product + sqrt(1 - 2 * product))


def write_noise(pcvl: Any, source: Source | None, loss: float = 0.0) -> Any:
    """Return a source, and loss that all modes share, as a noise model of Perceval.

    Args:
        pcvl: The imported package `perceval`, whose classes are used.
        source: The source; None is a perfect one.
        loss: Probability that a photon is lost.
    """
    source = source or Source()
    return pcvl.NoiseModel(
        g2=1 - source.purity,
        indistinguishability=source.indistinguishability,
        transmittance=source.brightness * (1 - loss),
    )


def write_hardware(pcvl: Any, model: HardwareModel) -> Any:
    """Return a hardware model as a noise model of Perceval.

    Raises:
        ValueError: It has detectors, or losses that differ, which a noise model does not have.
    """
    if model.detector is not None and not model.detector.is_perfect:
        msg = (
            "detector of the HardwareModel has no counterpart in a NoiseModel of Perceval, where detectors "
            "belong to the experiment. Convert a Sampler or Setup with this detector, and a HardwareModel "
            "without it."
        )
        raise ValueError(msg)
    losses = set(model.loss) if isinstance(model.loss, tuple) else {model.loss}
    if len(losses) > 1:
        msg = (
            f"loss={model.loss!s:.80} of the HardwareModel has no counterpart in a NoiseModel of Perceval, "
            "which has one transmittance for all modes. Add the losses to the circuit, with circuit.loss()."
        )
        raise ValueError(msg)
    return write_noise(pcvl, model.source, losses.pop())


def read_detectors(pcvl: Any, detectors: Sequence[Any]) -> Detector | None:
    """Return the detectors of an experiment, one for each mode, or None where all are perfect.

    Args:
        pcvl: The imported package `perceval`, whose classes are used.
        detectors: Perceval's detector of each mode; None is a perfect one.

    Raises:
        ValueError: One of them has no counterpart.
    """
    parts = [Detector() if one is None else read_detector(pcvl, one) for one in detectors]
    if all(part.is_perfect for part in parts):
        return None
    efficiency = tuple(float(part.efficiency) for part in parts)  # type: ignore[arg-type]  # each of one mode
    counting = tuple(part.photon_counting is True for part in parts)
    return Detector(
        efficiency=efficiency[0] if len(set(efficiency)) == 1 else efficiency,
        photon_counting=counting[0] if len(set(counting)) == 1 else counting,
    )


def read_detector(pcvl: Any, detector: Any) -> Detector:
    """Return a detector of Perceval.

    Raises:
        ValueError: It counts some photons and not all, which no detector of lwfast does.
    """
    efficiency = float(detector.efficiency)
    if isinstance(detector, pcvl.Detector) and detector.max_detections in (None, 1):
        return Detector(efficiency=efficiency, photon_counting=detector.max_detections is None)
    msg = (
        f"The detector {detector.name!r} has no counterpart: it counts up to {detector.max_detections} "
        "photons, and detectors of lwfast count all or tell one from none. Take Detector.pnr() or "
        "Detector.threshold() of Perceval."
    )
    raise ValueError(msg)


def write_detectors(pcvl: Any, detector: Detector, n_modes: int) -> list[Any]:
    """Return Perceval's detector of each mode.

    Raises:
        ModeMismatchError: Values are given for another number of modes.
        ValueError: A value has no counterpart.
    """
    return [
        _detector(pcvl, float(efficiency), float(dark), bool(counting))
        for efficiency, dark, counting in zip(*detector.per_mode(n_modes), strict=True)
    ]


def write_detector(pcvl: Any, detector: Detector) -> Any:
    """Return one detector of Perceval.

    Raises:
        ValueError: It has one value for each mode, or a value without a counterpart.
    """
    if detector.n_modes is not None:
        msg = (
            f"The Detector has values for {detector.n_modes} modes, and one of Perceval is on one mode: "
            "convert a Sampler or a Setup with it, whose experiment has them all."
        )
        raise ValueError(msg)
    return write_detectors(pcvl, detector, 1)[0]


def _detector(pcvl: Any, efficiency: float, dark: float, counting: bool) -> Any:
    if dark:
        msg = (
            f"p_dark={dark} of the Detector has no counterpart: detectors of Perceval have no dark counts. "
            "Set it to 0."
        )
        raise ValueError(msg)
    if not efficiency:
        raise ValueError(
            "efficiency=0 of the Detector has no counterpart: it is above 0 in Perceval. Put a loss of 1 on "
            "the mode instead."
        )
    if efficiency == 1:
        return pcvl.Detector.pnr() if counting else pcvl.Detector.threshold()
    return pcvl.Detector.ppnr(None if counting else 1, wire_efficiency=efficiency)
