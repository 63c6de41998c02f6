"""`lwfast demo`: the whole job path against a scheduler that runs here."""

from __future__ import annotations

import importlib
import sys
import threading
import time
from pathlib import Path

import click

from lwfast.cli.extras import require
from lwfast.cli.shared_options import command
from lwfast.cli.walkthrough import demo_script


@command(
    "demo",
    ("lwfast demo", "The whole job path, with files in ./lwfast-demo:"),
    ("lwfast demo --small --out /tmp/demo", "Without the full-size job, elsewhere:"),
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("lwfast-demo"),
    show_default=True,
    help="Folder for plots and results.",
)
@click.option("--small", is_flag=True, help="Leave out the full-size job.")
def demo_command(out: Path, small: bool) -> int:
    """Start a scheduler on a free port of this machine, and walk through the job path with it.

    What is printed can be pasted into Python. The exit code is 0 only if every step did what it should.
    """
    return run_demo(out, small)


def run_demo(out: Path, small: bool) -> int:
    """Do the walkthrough; 0 only if every step did what it should."""
    # Before the kernels: nobody should wait for them and then be told what is missing.
    require("the demo", "server", "plot", "progress")
    from lwfast.cli.walkthrough.demo_steps import Namespace, StepFailed, run_steps

    out.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    _compile_first()
    # While the scheduler starts: pictures come later, and a second of a cold import would be waited for then.
    threading.Thread(target=importlib.import_module, args=("matplotlib.pyplot",), daemon=True).start()
    steps = demo_script.walkthrough_steps(out)
    if not small:
        steps += demo_script.full_size_steps()
    steps += [demo_script.timing_step(), demo_script.last_step()]
    namespace: Namespace = {}
    try:
        run_steps(steps, namespace)
    except StepFailed as failure:
        print(f"\nlwfast demo: FAILED: {failure}", file=sys.stderr)
        return 1
    finally:
        if "local" in namespace:
            namespace["local"].stop()
    print(
        f"\n{len(steps)} steps in {time.perf_counter() - began:.1f} s. Pictures, result and job are in {out}/"
    )
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
