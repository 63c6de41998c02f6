"""`lwfast serve`: run the local scheduler."""

from __future__ import annotations

import math
import os
import sys
from pathlib import Path
from typing import Any

import click

from lwfast.cli.extras import require
from lwfast.cli.shared_options import POSITIVE, Number, Whole, command
from lwfast.wire.loopback import SERVE_TOKEN_VARIABLE, is_loopback

FILE = click.Path(path_type=Path, dir_okay=False)
MOST_DAYS = 36_525
"""A century; calendars do not go back for ever."""


def _days(_context: click.Context, _option: click.Parameter, days: float | None) -> float | None:
    """Refuse what is not a number, which click takes for one within any limits."""
    if days is not None and math.isnan(days):
        raise click.BadParameter("nan is not a number of days.")
    return days


@command(
    "serve",
    ("lwfast serve", "Run a scheduler; `lwfast jobs` and the other commands find it from any terminal:"),
    ("lwfast serve --port 0 --hardware artemis-like", "On a free port, with the noise of a real device:"),
    (
        "lwfast serve --host 0.0.0.0 --allow-remote --certfile lab.pem --keyfile lab.key",
        "For other machines, with TLS; see also `lwfast owners`:",
    ),
    (
        "lwfast serve --executor dask://127.0.0.1:8786",
        "Run the jobs on a cluster of dask.distributed:",
    ),
    ("lwfast serve --pace artemis", "Let jobs take the time that a device takes:"),
    ("lwfast serve --show-config > qpus.toml", "Write the file that describes the QPUs, to change it:"),
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=Whole(0, 65535),
    default=8765,
    show_default=True,
    help="Port to listen on; 0 takes a free one.",
)
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder of the queue and the results. Default: `scheduler` in lwfast's data folder.",
)
@click.option(
    "--token",
    help=f"Token that clients send. Others can read it in the list of processes: "
    f"{SERVE_TOKEN_VARIABLE} is safer. "
    "Default: a token that is made once, and kept in the data folder.",
)
@click.option(
    "--config", type=FILE, metavar="TOML", help="File that describes the QPUs. Default: one QPU like Artemis."
)
@click.option(
    "--hardware",
    "--profile",
    "hardware",
    type=click.Choice(["artemis", "artemis-like", "artemis_like"]),
    help="A QPU file that ships with lwfast, instead of --config. --profile is an earlier name of this "
    "option.",
)
@click.option(
    "--workers",
    type=POSITIVE,
    metavar="N",
    help="Processes that run jobs, or most jobs at once on a cluster. Default: one per core, less one; on a "
    "cluster, one per thread of its workers, up to 256.",
)
@click.option(
    "--executor",
    metavar="URL",
    help="Run the jobs on a cluster of dask.distributed: dask://HOST:PORT of its scheduler, or "
    "dask+tls://HOST:PORT, with the certificates of dask's configuration. Default: processes here.",
)
@click.option(
    "--announce",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Form of the message that the scheduler is ready.",
)
@click.option("--exit-with-parent", is_flag=True, help="Stop when standard input ends; for programs.")
@click.option(
    "--pace",
    type=click.Choice(["artemis"]),
    help="Let each job take the time that a device takes: set-up and shots, as the QPU file says, or as for "
    "Artemis. Default: as fast as this machine can.",
)
@click.option("--certfile", type=FILE, metavar="PEM", help="Certificate file, to serve https.")
@click.option(
    "--keyfile", type=FILE, metavar="PEM", help="Key of the certificate. Default: that in its file."
)
@click.option(
    "--name",
    "names",
    multiple=True,
    metavar="HOST",
    help="Host name that clients use, besides localhost and the name of this machine. May be repeated.",
)
@click.option(
    "--access-log",
    metavar="FILE",
    help="Write a line of JSON about each request: a file, or - for standard error. It holds no token.",
)
@click.option("--allow-remote", is_flag=True, help="Allow a --host that other machines can reach.")
@click.option(
    "--keep-days",
    type=Number(0, MOST_DAYS, min_open=True),
    callback=_days,
    metavar="N",
    help="Remove a job, its result and its key N days after its end. Default: keep all.",
)
@click.option(
    "--recover",
    is_flag=True,
    help="If the store is damaged, set it aside and continue with what can be read.",
)
@click.option(
    "--show-config", is_flag=True, help="Print the QPU file, by default the built-in one, and stop."
)
def serve_command(**given: Any) -> int:
    """Run the local scheduler, with emulated QPUs, a durable queue and a dashboard, until Ctrl-C."""
    require("the scheduler", "server")
    from lwfast.scheduler.faults import SchedulerError

    try:
        return _run(**given)
    except SchedulerError as error:
        print(f"lwfast serve: {error}", file=sys.stderr)
        return 1


def _run(
    *,
    host: str,
    port: int,
    data_dir: Path | None,
    token: str | None,
    config: Path | None,
    hardware: str | None,
    workers: int | None,
    executor: str | None,
    announce: Any,
    exit_with_parent: bool,
    pace: str | None,
    certfile: Path | None,
    keyfile: Path | None,
    names: tuple[str, ...],
    access_log: str | None,
    allow_remote: bool,
    keep_days: float | None,
    recover: bool,
    show_config: bool,
) -> int:
    from lwfast.scheduler.faults import ConfigError
    from lwfast.scheduler.qpus import load_qpus, parse_qpus, profile_text
    from lwfast.scheduler.server import serve
    from lwfast.scheduler.server_settings import ServerSettings, default_data_dir

    if config is not None and hardware is not None:
        raise ConfigError("Give either --config or --hardware, not both.")
    if show_config:
        if config is not None:
            from lwfast._base.files.edited_text import read_edited

            load_qpus(config)  # so that what is shown is what would be served
            print(read_edited(config), end="")
        else:
            print(profile_text(hardware or "artemis"), end="")
        return 0
    if keyfile is not None and certfile is None:
        raise ConfigError("--keyfile is the key of a certificate: give that with --certfile.")
    if executor is not None:
        from lwfast.scheduler.workers.cluster.address import dask_address

        dask_address(executor)  # so that a wrong one is reported first
        require("--executor", "distributed")
    if not is_loopback(host):
        _check_remote(host, certfile, allow_remote=allow_remote)
    qpus = load_qpus(config)
    if hardware is not None:
        qpus = parse_qpus(profile_text(hardware), f"the QPU file {hardware}")
    settings = ServerSettings(
        data_dir=data_dir or default_data_dir(),
        token=_token(token),
        qpus=qpus,
        workers=workers,
        executor=executor,
        host=host,
        port=port,
        keep_days=keep_days,
        recover=recover,
        names=names,
        certfile=certfile,
        keyfile=keyfile,
        access_log=access_log,
        pace=pace,
    )
    serve(settings, announce=announce, exit_with_parent=exit_with_parent)
    return 0


def _check_remote(host: str, certfile: Path | None, *, allow_remote: bool) -> None:
    from lwfast.scheduler.faults import ConfigError

    if not allow_remote:
        how = "over https" if certfile else "over plain HTTP that shows them the token"
        instead = "" if certfile else ", give a certificate with --certfile,"
        raise ConfigError(
            f"--host {host} lets other machines in, {how}: add --allow-remote if you want that"
            f"{instead} or use an SSH tunnel."
        )
    if certfile is None:
        print(
            f"lwfast serve: --host {host} without --certfile: whoever can listen in sees the tokens.",
            file=sys.stderr,
        )


def _token(given: str | None) -> str | None:
    from lwfast.scheduler.web.security import check_token

    token = os.environ.get(SERVE_TOKEN_VARIABLE) if given is None else given
    if token is not None:
        check_token(token)
    if given is not None:
        print(
            "lwfast serve: others on this machine can read --token in the list of processes; "
            f"the environment variable {SERVE_TOKEN_VARIABLE} keeps it from them.",
            file=sys.stderr,
        )
    return token
