"""Tables of the job path: import, payload, 100 jobs."""

from __future__ import annotations

import subprocess
import sys
import tempfile

from benchmarks.adapters import client_lightworks_remote, client_lwfast
from benchmarks.bench_job_path import encoders
from benchmarks.compare import Table, fresh_environment, markdown, medians, ratio_text, seconds_text
from lwfast import remote

PACKAGES = ("lightworks", "lightworks_remote", "starlette", "uvicorn", "msgspec", "requests")


def tables() -> list[Table]:
    """Measure, and write the tables."""
    return [_imports(), _jobs()]


def _imports() -> Table:
    def importing(module: str):
        return lambda: subprocess.run(
            [sys.executable, "-W", "ignore", "-c", f"import {module}"], env=fresh_environment(), check=True
        )

    names = ["pass_", "numpy", "lwfast", "lightworks_remote"]
    calls = {name: importing("sys" if name == "pass_" else name) for name in names}
    seconds = medians(calls, rounds=5)
    rows = [
        ["a bare interpreter", seconds_text(seconds["pass_"]), ""],
        *(
            [f"`import {n}`", seconds_text(seconds[n]), f"{seconds[n] / seconds['numpy']:.2f}"]
            for n in names[1:]
        ),
    ]
    return "Import, in a fresh interpreter", markdown(["", "time", "times numpy"], rows)


def _jobs() -> Table:
    pairs = encoders()
    payload = medians({name: (lambda e=e, p=p: e(p)) for name, (e, p) in pairs.items()}, rounds=200)
    rows = [_row("payload of a 20-mode job to JSON", payload)]
    with remote.local_scheduler() as local, tempfile.TemporaryDirectory() as home:
        qpus = {c: c.connect(local.url, local.token, home) for c in (client_lwfast, client_lightworks_remote)}

        def collecting(client, how):
            def call() -> None:
                if getattr(client, how)(qpus[client], 100) != 100 * 100:
                    raise AssertionError(f"{client.name} lost samples")

            return call

        for title, how in (
            ("100 jobs one by one: submit, wait, fetch", "submit_and_collect"),
            ("100 jobs as a batch: submit, wait, fetch", "submit_and_collect_batch"),
        ):
            rows.append(_row(title, medians({c.name: collecting(c, how) for c in qpus}, rounds=3)))
    return "Job path against the local scheduler", markdown(
        ["", "lwfast", "lightworks_remote", "ratio"], rows
    )


def _row(title: str, seconds: dict[str, float]) -> list[str]:
    ours, peer = seconds["lwfast"], seconds["lightworks_remote"]
    return [title, seconds_text(ours), seconds_text(peer), ratio_text(peer, ours)]
