"""The steps of `lwfast demo`: the job path once, with a small job and one at full size, and a timing."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

from lwfast.cli.walkthrough.demo_steps import DemoStep, Namespace

FIGURE = "lightworks_figure.json"
"""What Lightworks took for the task of the last step; `python benchmarks/render.py` writes it."""


def walkthrough_steps(out: Path) -> list[DemoStep]:
    """Everything a user does with a job, in files below `out`."""
    return [_start(), _submit(), _change_of_mind(), _result(), _files(out)]


def _start() -> DemoStep:
    return DemoStep(
        "Start a scheduler on this machine, with a QPU that emulates",
        "import lwfast as lw\n"
        "from lwfast import remote\n"
        "local = remote.local_scheduler(workers=1).start()\n"
        "remote.list_qpus()",
        lambda ns, value: value == ["Artemis"],
    )


def _submit() -> DemoStep:
    return DemoStep(
        "Submit jobs: three at full size, then a small one that waits behind them",
        'qpu = remote.QPU("Artemis")\n'
        "large = lw.Sampler(\n"
        "    lw.Unitary(lw.random_unitary(20, seed=3)), lw.State([1] * 8 + [0] * 12),\n"
        "    n_samples=1_000_000, min_detection=2,\n"
        ")\n"
        'full_size = [qpu.run(large, job_name=f"Full size {i}") for i in (1, 2, 3)]\n'
        "small = lw.Sampler(\n"
        "    lw.Unitary(lw.random_unitary(4, seed=1)), lw.State([1, 1, 0, 0]), n_samples=1000\n"
        ")\n"
        'job = qpu.run(small, job_name="Test job")\n'
        "job.status, job.queue_position",
        lambda ns, value: str(value[0]) in {"Scheduled", "Running", "Completed"},
    )


def _change_of_mind() -> DemoStep:
    return DemoStep(
        "Submit another one, and cancel it",
        'spare = qpu.run(large, job_name="Not needed")\n'
        "try:\n"
        "    spare.cancel()\n"
        "except remote.JobError as error:  # on a busy machine, it may have run by now\n"
        "    print(error)\n"
        "spare.status.value",
        lambda ns, value: value in {"Cancelled", "Completed"},
    )


def _result() -> DemoStep:
    return DemoStep(
        "Wait for the small job; look at its most frequent outcomes, and at those that pass a rule",
        "result = job.result(timeout=120, progress=True)\n"
        "for state, count in result.top(4).items():\n"
        "    print(state, count)\n"
        "rules = lw.PostSelection()\n"
        "rules.add((0, 1), 1)  # one photon in modes 0 and 1 together\n"
        "selected = result.apply_post_selection(rules)\n"
        "selected.n_samples, result.n_samples",
        lambda ns, value: (
            ns["result"].n_samples == 1000
            and dict(ns["selected"]) == {s: n for s, n in ns["result"].items() if s[0] + s[1] == 1}
        ),
    )


def _files(out: Path) -> DemoStep:
    return DemoStep(
        "Plot the result, save it, load it; save the job, so that it can be found again",
        "from pathlib import Path\n"
        f"out = Path({str(out)!r})\n"
        "figure, axes = result.plot(show=False)\n"
        'figure.savefig(out / "demo_results.png", dpi=150, bbox_inches="tight")\n'
        'path = result.save(out / "demo_results.json")\n'
        "lw.load_result(path) == result\n"
        'job.save_to_file(out / "test_job", allow_overwrite=True)\n'
        'remote.load_job_from_file(out / "test_job").job_id == job.job_id',
        lambda ns, value: (
            value is True
            and _begins(ns["out"] / "demo_results.png", b"\x89PNG")
            and ns["lw"].load_result(ns["out"] / "demo_results.json") == ns["result"]
        ),
    )


def full_size_steps() -> list[DemoStep]:
    """One job at the size of the whole machine."""
    return [
        DemoStep(
            "Fetch a job at full size: 20 modes, 8 photons, a million samples",
            "full = full_size[0].result(timeout=300, progress=True)\n"
            'f"{full.n_samples:,} samples in {len(full):,} outcomes"\n'
            "for state, count in full.top(3).items():\n"
            "    print(state, count)\n"
            "figure, axes = full.plot(show=False)\n"
            'figure.savefig(out / "full_size.png", dpi=150, bbox_inches="tight")',
            lambda ns, value: (
                int(ns["full"].counts.sum()) == 1_000_000
                and ns["full"].states.shape[1] == 20
                and bool((ns["full"].states.sum(axis=1) == 8).all())
                and _begins(ns["out"] / "full_size.png", b"\x89PNG")
            ),
        )
    ]


def timing_step() -> DemoStep:
    """A task with noise, here, beside what Lightworks took for it."""
    return DemoStep(
        "Without any scheduler: 10,000 samples of a noisy source, 8 modes and 4 photons, timed",
        "import statistics, timeit\n"
        "source = lw.emulator.Source(purity=0.99, indistinguishability=0.95, brightness=0.6)\n"
        "def run_noisy():\n"
        "    circuit, photons = lw.Unitary(lw.random_unitary(8, seed=1)), lw.State([1] * 4 + [0] * 4)\n"
        "    return lw.emulator.Backend().run(lw.Sampler(circuit, photons, 10_000, source=source))\n"
        "seconds = statistics.median(timeit.repeat(run_noisy, number=1, repeat=5))\n"
        "run_noisy().n_samples",
        lambda ns, value: value == 10_000,
        _beside_lightworks,
    )


def last_step() -> DemoStep:
    """End the scheduler."""
    return DemoStep("End the scheduler", "local.stop()", lambda ns, value: ns["local"].url is None)


def _beside_lightworks(namespace: Namespace) -> str:
    figure = json.loads(resources.files(__package__).joinpath(FIGURE).read_text(encoding="utf-8"))
    seconds = namespace["seconds"]
    ours = f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"
    return (
        f"lwfast: {ours}, here and now. "
        f"{figure['package']}: {figure['time']}, measured on {figure['machine']}, {figure['date']}."
    )


def _begins(path: Any, head: bytes) -> bool:
    return Path(path).read_bytes().startswith(head)
