"""The steps of `lwfast demo`: the walkthrough of the scheduler, then a job at full size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lwfast.cli.demo_steps import DemoStep


def walkthrough_steps() -> list[DemoStep]:
    """Everything a user does with one small job."""
    return [*_look_around(), *_submit_and_follow(), *_results(), *_files(), *_again()]


def _look_around() -> list[DemoStep]:
    return [
        DemoStep(
            "See which QPUs there are",
            "import lwfast as lw\nfrom lwfast import remote\nremote.list_qpus()",
            lambda ns, value: value == ["Artemis"],
        ),
        DemoStep(
            "Look at the limits of one",
            'qpu = remote.QPU("Artemis")\nqpu.details',
            lambda ns, value: value.n_modes == 20 and value.max_photon_input == 8 and value.available is True,
        ),
    ]


def _submit_and_follow() -> list[DemoStep]:
    return [
        DemoStep(
            "Give the QPU something to do",
            "ahead = lw.Sampler(lw.Unitary(lw.random_unitary(20, seed=7)),\n"
            "                   lw.State([1] * 8 + [0] * 12), n_samples=1_000_000, min_detection=1)\n"
            'waiting = [qpu.run(ahead, job_name=f"Ahead {i}") for i in (1, 2)]\n'
            "waiting",
            lambda ns, value: len(value) == 2,
            note="Two large jobs go first, so that the next one has a queue to wait in.",
        ),
        DemoStep(
            "Submit the 4-mode job",
            "sampler = lw.Sampler(\n"
            "    lw.Unitary(lw.random_unitary(4, seed=1)), lw.State([1, 0, 0, 0]), n_samples=100\n"
            ")\n"
            'test_job = qpu.run(sampler, job_name="Test job")\n'
            "test_job",
            lambda ns, value: isinstance(value.job_id, int),
        ),
        DemoStep(
            "List the jobs that wait",
            "remote.list_scheduled_jobs()",
            lambda ns, value: ns["test_job"].job_id in value,
        ),
        DemoStep(
            "Show them as a table",
            "remote.show_scheduled()",
            lambda ns, value: ns["test_job"].job_id in list(value["Job ID"]),
        ),
        DemoStep(
            "Ask for status and queue position",
            "remote.get_job_status(test_job.job_id), test_job.queue_position, test_job.complete",
            lambda ns, value: value[0] in {"Scheduled", "Running", "Completed"},
        ),
        DemoStep(
            "See the details, with the log",
            "remote.get_job_details(test_job.job_id)",
            lambda ns, value: value.logs[0]["message"] == "Job received successfully",
        ),
        DemoStep(
            "See exactly what was sent",
            "test_job.payload",
            lambda ns, value: (
                value.n_modes == 4 and value.min_detection == 1 and list(value.input) == [1, 0, 0, 0]
            ),
        ),
        DemoStep(
            "Wait for it",
            "test_job.wait_until_complete(timeout=60, progress=True)\n"
            "test_job.status, test_job.complete, test_job.success",
            lambda ns, value: str(value[0]) == "Completed" and value[1:] == (True, True),
        ),
    ]


def _results() -> list[DemoStep]:
    return [
        DemoStep(
            "Get the result",
            "results = test_job.get_result()\nresults.raw_data",
            lambda ns, value: sum(value.values()) == 100 and all(s.n_photons == 1 for s in value),
        ),
        DemoStep(
            "See it as a table",
            "results.to_pandas()",
            lambda ns, value: len(value) == len(ns["results"]),
        ),
        DemoStep(
            "Keep the outcomes with one photon in mode 0 or 1",
            "rules = lw.PostSelection()\n"
            "rules.add((0, 1), 1)\n"
            "selected = results.apply_post_selection(rules)\n"
            "selected",
            lambda ns, value: dict(value) == {s: n for s, n in ns["results"].items() if s[0] + s[1] == 1},
        ),
    ]


def _files() -> list[DemoStep]:
    return [
        DemoStep(
            "Plot it, as PNG and SVG",
            "figure, axes = results.plot(show=False)\n"
            'figure.savefig(out / "demo_results.png", dpi=150, bbox_inches="tight")\n'
            'figure.savefig(out / "demo_results.svg", bbox_inches="tight")',
            lambda ns, value: (
                _begins(ns["out"] / "demo_results.png", b"\x89PNG")
                and b"<svg" in (ns["out"] / "demo_results.svg").read_bytes()
            ),
        ),
        DemoStep(
            "Save the processed and the raw result",
            'results.save(out / "demo_results")\nresults.save(out / "demo_results_raw", raw_data=True)',
            lambda ns, value: (
                _begins(ns["out"] / "demo_results.json", b"{")
                and _begins(ns["out"] / "demo_results_raw.json", b"{")
            ),
        ),
        DemoStep(
            "Load both again",
            'loaded = lw.load_result(out / "demo_results.json")\n'
            'raw = lw.load_result(out / "demo_results_raw.json")\n'
            "loaded == results, raw == results.raw_data",
            lambda ns, value: value == (True, True),
        ),
        DemoStep(
            "Save the job and load it again",
            'test_job.save_to_file(out / "test_job", allow_overwrite=True)\n'
            'again = remote.load_job_from_file(out / "test_job")\n'
            "again, again.status, again.payload == test_job.payload",
            lambda ns, value: value[0].job_id == ns["test_job"].job_id and value[2] is True,
        ),
    ]


def _again() -> list[DemoStep]:
    return [
        DemoStep(
            "Submit the same job again, and cancel it",
            'blocker = qpu.run(ahead, job_name="Ahead 3")\n'
            "again.retry()\n"
            "again.cancel()\n"
            "again.job_id, again.status",
            lambda ns, value: value[0] != ns["test_job"].job_id and str(value[1]) == "Cancelled",
            note="A large job goes first once more, so that there is time to cancel.",
        ),
    ]


def full_size_steps() -> list[DemoStep]:
    """One job at the size of the whole machine."""
    return [
        DemoStep(
            "One job at full size: 20 modes, 8 photons, a million samples",
            "full = lw.Sampler(lw.Unitary(lw.random_unitary(20, seed=3)),\n"
            "                  lw.State([1] * 8 + [0] * 12), n_samples=1_000_000, min_detection=2)\n"
            'job = qpu.run(full, job_name="Full size")\n'
            "result = job.result(timeout=300, progress=True)\n"
            "result",
            lambda ns, value: (
                int(value.counts.sum()) == 1_000_000
                and value.states.shape[1] == 20
                and bool((value.states.sum(axis=1) == 8).all())
            ),
        ),
        DemoStep(
            "Keep what has at most one photon in each of the first four modes",
            "one_each = lw.PostSelection()\n"
            "for mode in range(4):\n"
            "    one_each.add(mode, (0, 1))\n"
            "kept = result.apply_post_selection(one_each)\n"
            "kept",
            lambda ns, value: (
                int(value.counts.sum())
                == int(ns["result"].counts[(ns["result"].states[:, :4] <= 1).all(axis=1)].sum())
            ),
        ),
        DemoStep(
            "Plot the most frequent outcomes",
            "figure, axes = result.plot(show=False)\n"
            'figure.savefig(out / "full_size.png", dpi=150, bbox_inches="tight")',
            lambda ns, value: _begins(ns["out"] / "full_size.png", b"\x89PNG"),
        ),
    ]


def _begins(path: Any, head: bytes) -> bool:
    return Path(path).read_bytes().startswith(head)
