"""QPUs and their limits, from a TOML file."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from lwfast._base.files.edited_text import parse_toml, read_edited
from lwfast._base.limits import MAX_QPU_MODES, MAX_STATE_PHOTONS
from lwfast._texts import ended
from lwfast.errors import LightworksError, ResourceLimitError
from lwfast.hardware import HardwareModel
from lwfast.scheduler.clock import now_text
from lwfast.scheduler.faults import ConfigError
from lwfast.wire import ArtemisQPU, QPUAnswer

Positive = Annotated[int, Meta(ge=1)]
LONGEST_SETUP_SECONDS = 86_400.0


class DevicePace(msgspec.Struct, frozen=True, kw_only=True):
    """How long a device takes, for QPUs whose file does not say."""

    setup_seconds: float
    shots_per_second: float


PACES = {"artemis": DevicePace(setup_seconds=2.0, shots_per_second=50_000.0)}
"""Round numbers, to try out queues with; they say nothing of how fast any real device is."""


class QPUConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One QPU as the file describes it.

    Attributes:
        id: Its id on the wire.
        name: Its name, which jobs are submitted to.
        n_modes: Most modes a circuit may have.
        max_photon_input: Most photons an input may have.
        max_detection_filter: Largest allowed `min_detection`; at most `max_photon_input`.
        default_max_samples: Most samples of any job.
        max_samples: Most samples by `min_detection`, where that is fewer.
        available: False leaves its jobs in the queue.
        timeout_seconds: A job that is computed for longer is ended as timed out.
        setup_seconds: How long a device is set up before each job, where jobs take a device's time; None for
            the time of `PACES`.
        shots_per_second: How many samples a device then takes in a second; None likewise.
        hardware: Source, loss and detectors, as `HardwareModel.from_dict` takes them; ideal if left out.
    """

    id: Annotated[int, Meta(ge=0)]
    name: Annotated[str, Meta(min_length=1)]
    n_modes: Annotated[int, Meta(ge=1, le=MAX_QPU_MODES)]
    max_photon_input: Annotated[int, Meta(ge=1, le=MAX_STATE_PHOTONS)]
    max_detection_filter: Positive
    default_max_samples: Positive
    max_samples: dict[Positive, Positive] = {}
    available: bool = True
    timeout_seconds: Annotated[float, Meta(gt=0)] = 600.0
    setup_seconds: Annotated[float, Meta(ge=0, le=LONGEST_SETUP_SECONDS)] | None = None
    shots_per_second: Annotated[float, Meta(gt=0)] | None = None
    hardware: dict[str, Any] = {}

    @property
    def details(self) -> ArtemisQPU:
        """The QPU in the words that client and scheduler share."""
        return ArtemisQPU(
            name=self.name,
            id=self.id,
            n_modes=self.n_modes,
            max_photon_input=self.max_photon_input,
            max_detection_filter=self.max_detection_filter,
            default_max_samples=self.default_max_samples,
            max_samples=dict(self.max_samples),
            available=self.available,
            last_updated=now_text(),
        )

    @property
    def answer(self) -> QPUAnswer:
        """The answer of `GET Qpus/{id}`."""
        return QPUAnswer.from_qpu(self.details)

    def hardware_for(self, n_modes: int) -> dict[str, Any]:
        """The hardware that a circuit of `n_modes` sees: of values given per mode, the first ones."""
        return {name: _cut(value, n_modes) for name, value in self.hardware.items()}


def device_seconds(qpu: QPUConfig | None, pace: str, n_samples: int) -> float:
    """Return how long a device takes for a job.

    Args:
        qpu: What the file says of the QPU; None for one that it does not name any more.
        pace: A key of `PACES`, for what the file does not say.
        n_samples: Samples of the job, over all settings of a sweep.
    """
    usual = PACES[pace]
    setup, rate = (None, None) if qpu is None else (qpu.setup_seconds, qpu.shots_per_second)
    setup = usual.setup_seconds if setup is None else setup
    return setup + n_samples / (usual.shots_per_second if rate is None else rate)


def _cut(value: Any, n_modes: int) -> Any:
    if isinstance(value, dict):
        return {name: _cut(item, n_modes) for name, item in value.items()}
    return list(value[:n_modes]) if isinstance(value, list | tuple) else value


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    qpus: Annotated[list[QPUConfig], Meta(min_length=1)]


def profile_text(name: str) -> str:
    """The text of a file that ships with lwfast: `artemis` or `artemis_like`, also written `artemis-like`."""
    file = f"{name.replace('-', '_')}.toml"
    return resources.files("lwfast.scheduler").joinpath("profiles", file).read_text(encoding="utf-8")


def load_qpus(path: Path | None = None) -> Mapping[str, QPUConfig]:
    """Read a QPU file; without one, the default that offers Artemis.

    Raises:
        ConfigError: The file cannot be read or is not valid; names the key.
    """
    if path is None:
        return parse_qpus(profile_text("artemis"), "The default QPU file")
    try:
        text = read_edited(path)
    except (OSError, ValueError, ResourceLimitError) as error:
        raise ConfigError(f"Cannot read the QPU file {path}: {ended(error)}") from error
    return parse_qpus(text, str(path))


def parse_qpus(text: str, source: str) -> Mapping[str, QPUConfig]:
    """Turn the text of a QPU file into QPUs by name, in the order of the file.

    Raises:
        ConfigError: The text is not valid; names the key.
    """
    try:
        document = parse_toml(text)
    except ValueError as error:
        raise ConfigError(f"{source} is not TOML: {ended(error)}") from error
    try:
        file = msgspec.convert(document, _File, str_keys=True)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{source} is not a QPU file: {ended(error)}") from error
    qpus: dict[str, QPUConfig] = {}
    for qpu in file.qpus:
        if qpu.name in qpus or any(qpu.id == other.id for other in qpus.values()):
            raise ConfigError(
                f"{source}: two QPUs have the name {qpu.name!r} or the id {qpu.id}; make them differ."
            )
        if qpu.max_detection_filter > qpu.max_photon_input:
            raise ConfigError(
                f"{source}: the QPU {qpu.name!r}: max_detection_filter is {qpu.max_detection_filter}; no job "
                f"can ask for more than its photons, max_photon_input is {qpu.max_photon_input}: lower it."
            )
        qpus[qpu.name] = _with_full_hardware(qpu, source)
    return MappingProxyType(qpus)


def _with_full_hardware(qpu: QPUConfig, source: str) -> QPUConfig:
    """Check the hardware and write it out in full, so that a job keeps it even if a default changes."""
    try:
        model = HardwareModel.from_dict(qpu.hardware)
        model.loss_per_mode(qpu.n_modes)
        if model.detector is not None:
            model.detector.per_mode(qpu.n_modes)
    except (TypeError, ValueError, OverflowError, LightworksError) as error:
        raise ConfigError(f"{source}: hardware of the QPU {qpu.name!r}: {ended(error)}") from error
    return msgspec.structs.replace(qpu, hardware=model.to_dict())
