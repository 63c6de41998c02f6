"""`lwfast serve`: run the local scheduler."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from lwfast.cli.extras import require
from lwfast.cli.number_arguments import positive_number
from lwfast.wire.loopback import SERVE_TOKEN_VARIABLE, is_loopback


def add_parser(subparsers: Any) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "serve",
        help="run the local scheduler",
        description="Run the local scheduler: QPUs that emulate, a durable queue, a dashboard.",
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    add("--port", type=_port, default=8765, help="port to listen on, 0 for a free one (default: %(default)s)")
    add("--data-dir", type=Path, metavar="DIR", help="folder of the queue and the results")
    add(
        "--token",
        help=f"token that clients send (default: {SERVE_TOKEN_VARIABLE}, or one made and kept)",
    )
    add(
        "--config", type=Path, metavar="TOML", help="file that describes the QPUs (default: one like Artemis)"
    )
    add(
        "--workers",
        type=positive_number,
        metavar="N",
        help="worker processes (default: one a core, less one)",
    )
    add("--announce", choices=("text", "json"), default="text", help="how to say that it is ready")
    add("--exit-with-parent", action="store_true", help="end when standard input does")
    add("--allow-remote", action="store_true", help="allow a --host that other machines can reach")
    add(
        "--show-config",
        action="store_true",
        help="print the QPU file, by default the one that is built in, and end",
    )
    profiles = ("artemis", "artemis-like", "artemis_like")
    add("--profile", choices=profiles, help="a QPU file that ships with lwfast")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    require("the scheduler", "server")
    from lwfast.scheduler.faults import SchedulerError

    try:
        return _run(args)
    except SchedulerError as error:
        print(f"lwfast serve: {error}", file=sys.stderr)
        return 1


def _run(args: argparse.Namespace) -> int:
    from lwfast.scheduler.faults import ConfigError
    from lwfast.scheduler.qpus import load_qpus, parse_qpus, profile_text
    from lwfast.scheduler.server import serve
    from lwfast.scheduler.server_settings import ServerSettings, default_data_dir, default_workers

    if args.config is not None and args.profile is not None:
        raise ConfigError("Give either --config or --profile, not both.")
    if args.show_config:
        if args.config is not None:
            from lwfast._base.files.edited_text import read_edited

            load_qpus(args.config)  # so that what is shown is what would be served
            print(read_edited(args.config), end="")
        else:
            print(profile_text(args.profile or "artemis"), end="")
        return 0
    if not args.allow_remote and not is_loopback(args.host):
        raise ConfigError(
            f"--host {args.host} lets other machines in, over plain HTTP that shows them the token: "
            "add --allow-remote if you want that, or use an SSH tunnel."
        )
    qpus = load_qpus(args.config)
    if args.profile is not None:
        qpus = parse_qpus(profile_text(args.profile), f"the profile {args.profile}")
    settings = ServerSettings(
        data_dir=args.data_dir or default_data_dir(),
        token=_token(args.token),
        qpus=qpus,
        workers=args.workers or default_workers(),
        host=args.host,
        port=args.port,
    )
    serve(settings, announce=args.announce, exit_with_parent=args.exit_with_parent)
    return 0


def _token(given: str | None) -> str | None:
    from lwfast.scheduler.web.security import check_token

    token = os.environ.get(SERVE_TOKEN_VARIABLE) if given is None else given
    if token is not None:
        check_token(token)
    return token


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"A port should be from 0 to 65535, got {number}.")
    return number
