"""Tables of the emulator: tasks beside Lightworks, full-size jobs, growth with samples."""

from __future__ import annotations

import lwfast as lw
from benchmarks.adapters import emulator_lightworks, emulator_lwfast, emulator_perceval
from benchmarks.bench_emulator import TASKS, assert_plausible, backend_of, sampler
from benchmarks.compare import Table, markdown, medians, ratio_text, seconds_text
from lwfast.emulator import Detector, HardwareModel, Source, run_raw

PACKAGES = ("lightworks", "perceval-quandela")
PAIR = [emulator_lwfast, emulator_lightworks]


def tables() -> list[Table]:
    """Measure, and write the tables."""
    return [_tasks(), _sources(), _full_size(), _samples()]


def _tasks() -> Table:
    lines = []
    for name, make in TASKS.items():
        calls = {}
        for adapter in PAIR:
            task = make(adapter)
            backend = backend_of(adapter, task)
            assert_plausible(adapter.run(task, backend), name)
            calls[adapter.name] = lambda a=adapter, t=task, b=backend: a.run(t, b)
        found = medians(calls, 3, warmups=0)
        ratio = ratio_text(found["lightworks"], found["lwfast"])
        lines.append([name, *(seconds_text(found[a.name]) for a in PAIR), ratio])
    return "Tasks beside Lightworks", markdown(["", "lwfast", "lightworks", "ratio"], lines)


def _sources() -> Table:
    """Perceval's source model has the same meaning as ours for these two parameters, not for purity."""
    lines = []
    cases = ((8, 4, 1.0), (8, 4, 0.95), (12, 5, 0.95), (12, 6, 0.95))
    for n_modes, n_photons, indistinguishability in cases:
        unitary, occupation = (
            lw.random_unitary(n_modes, seed=1),
            [1] * n_photons + [0] * (n_modes - n_photons),
        )
        source = Source(brightness=0.6, indistinguishability=indistinguishability)
        calls = {
            "lwfast": lambda u=unitary, o=occupation, s=source: lw.output_distribution(u, o, source=s),
            "perceval": lambda u=unitary, o=occupation, i=indistinguishability: (
                emulator_perceval.source_distribution(u, o, 0.6, i)
            ),
        }
        ours, theirs = calls["lwfast"](), calls["perceval"]()
        found = dict(zip(map(tuple, ours.states.tolist()), ours.probabilities.tolist(), strict=True))
        distance = sum(abs(found.get(k, 0) - theirs.get(k, 0)) for k in found.keys() | theirs.keys()) / 2
        if distance > 3e-3:  # Perceval leaves out rare inputs
            raise AssertionError(f"the distributions differ by {distance}")
        seconds = medians(calls, 3)
        ratio = ratio_text(seconds["perceval"], seconds["lwfast"])
        label = f"{n_modes} modes, {n_photons} photons, indistinguishability {indistinguishability:g}"
        lines.append([label, *map(seconds_text, seconds.values()), ratio, f"{distance:.1g}"])
    header = ["brightness 0.6", "lwfast", "perceval", "ratio", "total variation"]
    return "Distribution of an imperfect source beside Perceval", markdown(header, lines)


def _full_size() -> Table:
    source = Source(purity=0.99, brightness=0.6, indistinguishability=0.95)
    models = {
        "ideal": None,
        "30 % loss": HardwareModel(loss=0.3),
        "loss, threshold detectors": HardwareModel(loss=0.3, detector=Detector(0.85, 1e-4, False)),
        "imperfect source, loss, threshold detectors": HardwareModel(
            source, 0.3, Detector(0.85, 1e-4, False)
        ),
        "imperfect source, loss, detectors that count": HardwareModel(
            source, 0.3, Detector(0.85, 1e-4, True)
        ),
    }
    unitary, inputs = lw.random_unitary(20, seed=1), [1] * 8 + [0] * 12
    lines = []
    for name, model in models.items():
        call = {"": lambda m=model: run_raw(unitary, inputs, 10**6, min_detection=1, hardware=m, rng=1)}
        if run_raw(unitary, inputs, 10**6, min_detection=1, hardware=model, rng=1)[1].sum() != 10**6:
            raise AssertionError("samples are missing")
        lines.append([name, seconds_text(medians(call, 3, warmups=0)[""])])
    return "A full-size job: 20 modes, 8 photons, 10^6 samples", markdown(["", "time"], lines)


def _samples() -> Table:
    lines = []
    for n_samples in (10**3, 10**5, 10**6, 10**7, 10**8):
        cells = []
        for n_modes, n_photons in ((4, 2), (12, 6), (20, 8)):
            task = sampler(emulator_lwfast, n_modes, n_photons, n_samples)
            cells.append(seconds_text(medians({"": lambda t=task: emulator_lwfast.run(t)}, 3)[""]))
        lines.append([f"{n_samples:,}", *cells])
    header = ["samples", "4 modes, 2 photons", "12 modes, 6 photons", "20 modes, 8 photons"]
    return "Growth with samples", markdown(header, lines)
