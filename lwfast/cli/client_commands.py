"""The commands of the client: `token`, `qpus`, `jobs`, `job`, `submit`, `result`, `doctor`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lwfast.cli import doctor, pending
from lwfast.cli.number_arguments import positive_number
from lwfast.errors import ConfigurationError, ResourceLimitError, TokenError, ended

if TYPE_CHECKING:
    from lwfast.remote import Client, Job

DEFAULT_LIMIT = 20
STATUSES = "Accepted, Scheduled, Running, Completed, Failed, Cancelled or TimedOut"


def add_parsers(commands: Any) -> None:
    """Add the commands to the parser."""
    where = argparse.ArgumentParser(add_help=False)
    where.add_argument(
        "--url", help="base URL of the scheduler (default: LWFAST_URL, profile, saved setting)"
    )
    where.add_argument("--profile", help="profile of config.toml to use (default: LWFAST_PROFILE)")
    _add_token(commands)
    parser = commands.add_parser("qpus", parents=[where], help="list the QPUs and their limits")
    parser.add_argument("name", nargs="?", help="show only this one")
    parser.set_defaults(run=run_qpus)
    _add_jobs(commands, where)
    _add_submit(commands, where)
    parser = commands.add_parser(
        "doctor", parents=[where], help="check settings, connection and installation"
    )
    parser.set_defaults(run=lambda args: doctor.run(_client(args)))


# --- token ------------------------------------------------------------------------------------------


def _add_token(commands: Any) -> None:
    parser = commands.add_parser("token", help="save, list and delete access tokens")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    save = actions.add_parser("save", help="save a token, read from the terminal or from standard input")
    save.add_argument("name", help="what to call it; a profile or remote.token.load() names it so")
    save.add_argument("--overwrite", action="store_true", help="replace a token of this name")
    actions.add_parser("list", help="list the names of saved tokens")
    delete = actions.add_parser("delete", help="delete a saved token")
    delete.add_argument("name")
    parser.set_defaults(run=run_token)


def run_token(args: argparse.Namespace) -> int:
    """Save, list or delete tokens; a token is never printed, and never an argument that `ps` would show."""
    from lwfast import remote

    if args.action == "save":
        remote.token.set(_read_secret())
        remote.token.save(args.name, overwrite=args.overwrite)
        print(f"Saved token {args.name!r}.")
    elif args.action == "delete":
        remote.token.delete_saved(args.name)
        print(f"Deleted token {args.name!r}.")
    else:
        from lwfast.remote.configuration.persistence import read_tokens

        saved, theirs = read_tokens()
        for name in dict.fromkeys([*saved, *theirs]):
            print(name if name in saved else f"{name}  (saved by Lightworks' client)")
    return 0


def _read_secret() -> str:
    if sys.stdin.isatty():
        import getpass

        try:
            return getpass.getpass("Token (not shown): ").strip()
        except EOFError:
            raise TokenError("Input ended before a token was given; run the command again.") from None
    text = sys.stdin.read().strip()
    if not text:
        raise TokenError("No token came in on standard input.")
    return text


# --- QPUs and jobs ----------------------------------------------------------------------------------


def run_qpus(args: argparse.Namespace) -> int:
    """Print the limits of each QPU."""
    client = _client(args)
    for name in [args.name] if args.name else client.list_qpus():
        qpu = client.get_qpu_details(name)
        limits = ", ".join(f"{_several(least, 'photon')}: {n:,}" for least, n in qpu.max_samples.items())
        print(f"{qpu.name}  {'online' if qpu.available else 'OFFLINE'} (updated {qpu.last_updated})")
        print(f"  modes             at most {qpu.n_modes}")
        print(f"  photons put in    at most {qpu.max_photon_input}")
        print(f"  detection filter  at most {qpu.max_detection_filter} photons")
        print(f"  samples           at most {qpu.default_max_samples:,}")
        print(f"  by detection      {limits or 'no other limits'}")
    return 0


def _add_jobs(commands: Any, where: argparse.ArgumentParser) -> None:
    parser = commands.add_parser("jobs", parents=[where], help="list jobs, newest first")
    parser.add_argument(
        "--status", action="append", help=f"only jobs with this status: {STATUSES}; may be repeated"
    )
    parser.add_argument("--name", help="only jobs with this name")
    parser.add_argument(
        "--limit", type=positive_number, default=DEFAULT_LIMIT, help="how many (default: %(default)s)"
    )
    pending.add_arguments(parser)
    parser.set_defaults(run=run_jobs)
    parser = commands.add_parser("job", parents=[where], help="show, follow or cancel a job")
    parser.add_argument("id")
    parser.add_argument("--wait", action="store_true", help="wait until it is complete")
    parser.add_argument("--timeout", type=float, help="seconds to wait at most")
    parser.add_argument("--cancel", action="store_true", help="cancel it")
    parser.add_argument("--payload", action="store_true", help="print what was submitted, as JSON")
    parser.set_defaults(run=run_job)
    parser = commands.add_parser("result", parents=[where], help="fetch the result of a job")
    parser.add_argument("id")
    parser.add_argument(
        "-o", "--output", type=output_path, help="save it there: .json, .npz, .parquet or .csv"
    )
    parser.add_argument("--raw", action="store_true", help="without post-selection")
    parser.add_argument("--wait", action="store_true", help="wait until the job is complete")
    parser.add_argument("--timeout", type=float, help="seconds to wait at most")
    parser.add_argument(
        "--top", type=positive_number, default=DEFAULT_LIMIT, help="how many outcomes to print"
    )
    parser.set_defaults(run=run_result)


def run_jobs(args: argparse.Namespace) -> int:
    """Print a line for each job, or for each pending submit, or resume or discard one of these."""
    from lwfast.remote.job_path.snapshot import statuses_of

    if args.pending or args.resume is not None or args.discard is not None:
        return pending.run(args, _client)
    jobs = _client(args).jobs(status=args.status, name=args.name, limit=args.limit)
    states = statuses_of({job.tracked: job for job in jobs})
    print(f"{'Job ID':>10}  {'Status':<10}  {'Queue':>5}  Name")
    for job in jobs:
        status, position = states[job.tracked]
        print(f"{job.job_id:>10}  {status!s:<10}  {position or '':>5}  {job.name or ''}")
    return 0


def run_job(args: argparse.Namespace) -> int:
    """Print what is known of a job; 1 if it was waited for and did not succeed."""
    client = _client(args)
    job = client.job(args.id)
    if args.payload:
        import json

        from lwfast.wire import payload_to_builtins

        payload = job.payload
        if payload is None:
            raise ConfigurationError("This scheduler gives no payloads out; they are in saved jobs only.")
        print(json.dumps(payload_to_builtins(payload), indent=2))
        return 0
    if args.cancel:
        job.cancel()
    if args.wait:
        job.wait_until_complete(args.timeout, progress=True)
    details = job.details
    print(f"Job {details.job_id}: {details.job_status}")
    api = client.connection.api
    if api.offers_v1():  # the reference wire does not say
        record = api.record(job.job_id)
        print(f"  name: {record.job_name}")
        print(f"  QPU: {record.qpu}")
        print(f"  circuit: {_several(record.n_modes, 'mode')}, {_several(record.n_photons, 'photon')}")
        least = _several(record.min_detection, "photon")
        print(f"  samples: {record.n_samples:,} with at least {least}")
    if details.queue_position is not None:
        print(f"  position in the queue: {details.queue_position}")
    for line in _log_lines(details.logs):
        print(f"  {line}")
    for code, message in details.compilation_errors:
        print(f"  compilation error {code}: {message}")
    if details.notes:
        print(f"  notes: {details.notes}")
    return 1 if args.wait and not job.success else 0


def _log_lines(logs: Any) -> list[str]:
    """Write a job's log out, whatever the scheduler takes for one."""
    entries = logs if isinstance(logs, list) else [] if logs is None else [logs]
    return [
        f"{entry.get('createdDate', '')}  {entry.get('message', '')}"
        if isinstance(entry, dict)
        else str(entry)
        for entry in entries
    ]


def run_result(args: argparse.Namespace) -> int:
    """Save a result, or print its most frequent outcomes."""
    from lwfast.results import SweepResult
    from lwfast.results.columns.json_like import path_text
    from lwfast.results.files.endings import result_path

    if args.output is not None:
        result_path(args.output)  # raises what is wrong with the name before anything is fetched
    job = _client(args).job(args.id)
    result = job.result(args.timeout, progress=True) if args.wait else job.get_result()
    if isinstance(result, SweepResult):
        return _show_sweep(result.raw_data if args.raw else result, args.output)
    if args.output is not None:
        path = result.save(args.output, raw_data=args.raw)
        print(f"Saved {len(result.raw_data if args.raw else result):,} outcomes to {path_text(path)}.")
        return 0
    shown = result.raw_data if args.raw else result
    total = sum(int(count) for count in shown.values())
    ordered = sorted(shown.items(), key=lambda item: -int(item[1]))
    for state, count in ordered[: args.top]:
        print(f"{count:>10}  {state}")
    left = f", {len(ordered) - args.top:,} of them not shown" if len(ordered) > args.top else ""
    print(f"{total:>10}  samples in {len(ordered):,} outcomes{left}")
    return 0


def _show_sweep(sweep: Any, output: str | None) -> int:
    """Save the result of a sweep, or print the most frequent outcome of each setting."""
    from lwfast.results.columns.json_like import path_text

    if output is not None:
        path = sweep.save(output)
        print(f"Saved {len(sweep.states):,} outcomes of {len(sweep):,} settings to {path_text(path)}.")
        return 0
    for row, single in enumerate(sweep):
        most = next(((state, count) for state, count in single.top(1).items()), None)
        told = "no outcome" if most is None else f"{most[1]:>10} of {single.n_samples:>10}  {most[0]}"
        print(f"{sweep.axis.told(row)}  {told}")
    return 0


# --- submit -----------------------------------------------------------------------------------------


def _add_submit(commands: Any, where: argparse.ArgumentParser) -> None:
    parser = commands.add_parser(
        "submit", parents=[where], help="submit a saved job, a saved batch or a payload in JSON"
    )
    parser.add_argument(
        "file",
        type=Path,
        help="what save_to_file wrote (.json may be left out), or what `lwfast job ID --payload` prints",
    )
    parser.add_argument("--qpu", help="another QPU than the one in the file")
    parser.add_argument("--name", help="another job name than the one in the file")
    parser.add_argument("--wait", action="store_true", help="wait until all is complete")
    parser.add_argument("--timeout", type=float, help="seconds to wait at most")
    parser.add_argument("--save", type=output_path, help="save the new job there")
    parser.set_defaults(run=run_submit)


def run_submit(args: argparse.Namespace) -> int:
    """Submit what the file holds; 1 if it was waited for and did not succeed."""
    from lwfast import remote
    from lwfast.remote.job_path.attempt import Attempt
    from lwfast.remote.job_path.job_and_batch import several_of

    client = _client(args)
    jobs = _jobs(args, client)
    batch = remote.BatchJob(client=client)
    single = jobs[0] if len(jobs) == 1 else None
    attempt = Attempt([job.tracked for job in jobs], several_of(jobs), single=single)

    def submit() -> None:
        for job in jobs:
            job.submit_again(attempt)
            print(f"Submitted {job.name!r} as job {job.job_id}.", flush=True)
            attempt.hand_over()
            batch[job.name if job.name and job.name not in batch else str(job.job_id)] = job
        if args.save is not None:
            (jobs[0] if len(jobs) == 1 else batch).save_to_file(args.save)

    attempt.run(submit)
    if not args.wait:
        return 0
    batch.wait_until_complete(args.timeout, progress=True)
    return 0 if batch.all_success else 1


def _jobs(args: argparse.Namespace, client: Client) -> list[Job]:
    """Make the jobs that a file asks for, with the changes that were asked for."""
    import locale

    import msgspec

    from lwfast import remote
    from lwfast._base.files.edited_text import parse_json, read_edited
    from lwfast.remote.job_path.job_files import path_to_load
    from lwfast.wire import payload_from_builtins

    # As it stands, else the name that a job was saved under.
    path = args.file if args.file.is_file() else path_to_load(args.file)
    if path is None:
        raise ConfigurationError(f"There is no file {args.file}, nor {args.file}.json.")
    try:
        data = parse_json(read_edited(path, locale.getencoding()))
    except ResourceLimitError as error:
        raise ConfigurationError(f"{path} is too large: {ended(error)}") from error
    except ValueError as error:
        raise ConfigurationError(f"{path} is not JSON: {ended(error)}") from error
    if isinstance(data, dict) and "job_type" in data:
        loaded = remote.load_job_from_file(path)
        saved: list[Job] = loaded.jobs if isinstance(loaded, remote.BatchJob) else [loaded]
        payloads = [job.tracked.payload for job in saved]  # `job.payload` would ask
        keys = [job.tracked.pending_key for job in saved]
    else:
        try:
            payloads, keys = [payload_from_builtins(data)], [None]
        except (msgspec.ValidationError, TypeError, ValueError) as error:
            raise ConfigurationError(f"{path} holds no payload: {ended(error)}") from error
    if not payloads or any(payload is None for payload in payloads):
        raise ConfigurationError(f"{path} holds a job without its payload; nothing can be submitted.")
    changes = {key: value for key, value in (("qpu", args.qpu), ("job_name", args.name)) if value is not None}
    jobs = []
    for payload, key in zip(payloads, keys, strict=True):
        changed = msgspec.structs.replace(payload, **changes)  # type: ignore[type-var]  # None was refused
        job = remote.Job(changed, client=client)
        # A submit whose answer was lost goes on under its key, unless another one is asked for.
        job.tracked.pending_key = key if changed == payload else None
        jobs.append(job)
    return jobs


# --- shared -----------------------------------------------------------------------------------------


def _client(args: argparse.Namespace) -> Client:
    from lwfast.remote import Client

    return Client(url=args.url, profile=args.profile)


def _several(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def output_path(text: str) -> Path:
    """Return the path of a file to write; `-` would mean standard output, which nothing is written to."""
    if text == "-":
        raise argparse.ArgumentTypeError("A file is needed; nothing is written to standard output (-).")
    return Path(text)
