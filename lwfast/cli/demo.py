"""`lwfast demo`: the whole job path against a scheduler that runs here."""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from pathlib import Path
from typing import Any

from lwfast.cli.extras import require


def add_parser(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "demo",
        help="see the whole job path at work, no QPU needed",
        description="Start a scheduler on a free loopback port and walk through the job path with it.",
    )
    parser.add_argument(
        "--out", type=Path, default=None, help="folder for plots and results (default: ./lwfast-demo)"
    )
    parser.add_argument("--small", action="store_true", help="leave out the full-size job")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do the walkthrough; 0 only if every step did what it should."""
    # Before the kernels: nobody should wait for them and then be told what is missing.
    require("the demo", "server", "frames", "plot", "progress")
    from lwfast import remote
    from lwfast.cli.demo_script import full_size_steps, walkthrough_steps
    from lwfast.cli.demo_steps import StepFailed, run_steps

    out: Path = args.out or Path("lwfast-demo")
    out.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    print("lwfast demo: make a task, submit it, follow the job, get the result.")
    _compile_first()
    # A cold import of pandas takes as long as the jobs that go first, and no job would wait then.
    importlib.import_module("pandas")
    # One worker, so that jobs queue as they do at a QPU.
    with remote.local_scheduler(workers=1) as local:
        print(f"Scheduler ready at {local.url}")
        steps = walkthrough_steps()
        if not args.small:
            steps += full_size_steps()
        try:
            run_steps(steps, {"out": out})
        except StepFailed as failure:
            print(f"\nlwfast demo: FAILED: {failure}", file=sys.stderr)
            return 1
    print(f"\nAll {len(steps)} steps did what they should, in {time.perf_counter() - began:.1f} s.")
    print(f"Plots, results and the saved job are in {out}/")
    return 0


def _compile_first() -> None:
    """Compile what the demo needs, with a note, where the package holds no compiled kernels."""
    from lwfast._kernels.report import are_compiled_here, why_not_kept

    if not are_compiled_here():
        return
    from lwfast.emulator.warmup import JOB_PATH, warmup

    seconds = sum(warmup(progress=True, groups=JOB_PATH).values())
    kept = "Compiled once, they are then loaded from a cache."
    print(f"Kernels ready after {seconds:.1f} s. {why_not_kept() or kept}")
