"""`lwfast sample`: run a task file here, with the emulator."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lwfast.cli.shared_options import POSITIVE, Whole, command, json_option, output_path
from lwfast.errors import ConfigurationError

if TYPE_CHECKING:
    from lwfast.hardware import HardwareModel
    from lwfast.wire import ArtemisPayload

FILE = click.Path(path_type=Path, dir_okay=False)


@command(
    "sample",
    ("lwfast sample task.json", "See the result of a task on perfect hardware:"),
    (
        "lwfast sample task.json -n 100000 --seed 7 -o ideal.npz",
        "More samples, the same ones each time, into a file:",
    ),
    (
        "lwfast sample task.json --hardware artemis-like --raw",
        "With the noise of a device, before post-selection:",
    ),
    ("lwfast job 17770 --payload > task.json", "Make a task file from a submitted job:"),
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "-n", "--samples", type=POSITIVE, metavar="N", help="Number of samples. Default: that in the file."
)
@click.option(
    "--seed",
    type=Whole(0, 2**63 - 1),
    metavar="N",
    help="Seed of the samples; the same seed gives the same samples.",
)
@click.option(
    "--config", type=FILE, metavar="TOML", help="QPU file whose noise is applied, as for `lwfast serve`."
)
@click.option(
    "--hardware",
    type=click.Choice(["artemis", "artemis-like", "artemis_like"]),
    help="A QPU file that ships with lwfast, instead of --config.",
)
@click.option("--raw", is_flag=True, help="Leave out the task's own post-selection.")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    callback=output_path,
    help="File to save the result in: .json, .npz, .parquet or .csv.",
)
@click.option("--top", type=POSITIVE, default=20, show_default=True, help="Number of outcomes to print.")
@json_option
def sample_command(
    file: Path,
    samples: int | None,
    seed: int | None,
    config: Path | None,
    hardware: str | None,
    raw: bool,
    output: Path | None,
    top: int,
    as_json: bool,
) -> None:
    """Run the task in FILE on this machine, as a QPU would: no scheduler is needed.

    FILE is a payload, as `lwfast job ID --payload` prints it, or a saved job (`job.save_to_file`). Without
    --config or --hardware the hardware is ideal.
    """
    from lwfast.cli.local_files.outcomes import save_or_show
    from lwfast.cli.local_files.task_files import read_tasks
    from lwfast.results.files.endings import result_path

    if output is not None:
        result_path(output)  # raises what is wrong with the name before the work
    tasks = read_tasks(file)
    if len(tasks) > 1:
        raise ConfigurationError(
            f"{file} holds a batch of {len(tasks)} jobs; save one job for `lwfast sample`."
        )
    result = sampled(tasks[0].payload, _hardware(tasks[0].payload, config, hardware), samples, seed)
    save_or_show(result.raw_data if raw else result, output, top=top, as_json=as_json)


def sampled(payload: ArtemisPayload, hardware: HardwareModel, samples: int | None, seed: int | None) -> Any:
    """Run a payload here.

    Args:
        payload: The payload that is run.
        hardware: Source, loss and detectors.
        samples: How many samples to take in place of those that it asks for, or None.
        seed: Seed, or None for a new one.

    Returns:
        A `QPUSamplingResult`, or a `SweepResult` of the payload of a sweep; post-selected as the payload
        says.
    """
    import msgspec

    from lwfast._base.limits import SINGLE_PRECISION
    from lwfast._base.settings import settings
    from lwfast.emulator.raw import run_raw
    from lwfast.results.sweeps.restoring import result_of_body
    from lwfast.scheduler.workers.payload_run import run_payload

    changed = payload if samples is None else msgspec.structs.replace(payload, n_samples=samples)
    before = settings.unitary_precision
    settings.unitary_precision = SINGLE_PRECISION  # as in a scheduler: some programs round their matrices
    try:
        body = run_payload(changed, hardware, secrets.randbits(63) if seed is None else seed, run_raw)
    finally:
        settings.unitary_precision = before
    return result_of_body(body, {"qpu": f"{payload.qpu} (emulated here)", "job_name": payload.job_name})


def _hardware(payload: ArtemisPayload, config: Path | None, shipped: str | None) -> HardwareModel:
    from lwfast.hardware import HardwareModel

    if config is None and shipped is None:
        return HardwareModel()
    if config is not None and shipped is not None:
        raise click.UsageError("Give either --config or --hardware, not both.")
    from lwfast.scheduler.faults import SchedulerError
    from lwfast.scheduler.qpus import load_qpus, parse_qpus, profile_text

    try:
        qpus = load_qpus(config)
        if shipped is not None:
            qpus = parse_qpus(profile_text(shipped), f"the QPU file {shipped}")
    except SchedulerError as error:
        raise ConfigurationError(str(error)) from error
    if payload.qpu not in qpus:
        raise ConfigurationError(
            f"The task is for the QPU {payload.qpu!r}, and the file describes {', '.join(qpus)}; "
            f"name that QPU there."
        )
    return HardwareModel.from_dict(qpus[payload.qpu].hardware_for(payload.n_modes))
