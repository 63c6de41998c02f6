"""The commands by name. A command's own file is imported when it is run, or when its help is wanted."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from lwfast._version import __version__
from lwfast.cli.shared_options import write_examples

COMMANDS: dict[str, dict[str, tuple[str, str]]] = {
    "Start here": {
        "demo": ("walkthrough.demo", "Watch a job from submission to result; no QPU is needed."),
        "run": ("programs.run_program", "Run a program written for Lightworks, unchanged."),
        "serve": ("serve", "Run a scheduler on this machine, with a dashboard."),
        "owners": ("owners_command", "Manage who may use a scheduler on this machine."),
        "login": ("client.login_command", "Save a scheduler's address and your token."),
    },
    "Jobs": {
        "qpus": ("client.qpus_command", "List the QPUs and their limits."),
        "submit": ("client.submit_command", "Submit a saved job, a saved batch or a payload."),
        "jobs": ("client.jobs_command", "List jobs, newest first."),
        "job": ("client.job_command", "Show, follow or cancel a job."),
        "result": ("client.result_command", "Fetch the result of a job."),
        "token": ("client.token_command", "Save, list and delete access tokens."),
    },
    "Files on this machine": {
        "show": ("local_files.show_command", "Look at a result file."),
        "plot": ("local_files.plot_command", "Draw a result file, as PNG, SVG or PDF."),
        "compare": ("local_files.compare_command", "Measure the distance of two result files."),
        "process": ("local_files.process", "Post-select, map and add up result files."),
        "sample": ("local_files.sample_command", "Run a task file on this machine, with the emulator."),
    },
    "Installation": {
        "doctor": ("doctor", "Check settings, connection and installation."),
        "warmup": ("warmup_command", "Compile every kernel now."),
        "completion": ("completion", "Let your shell complete commands and options."),
        "help": ("help_command", "Show the help of a command."),
    },
}
"""By heading and name: the file below `lwfast.cli` that holds `NAME_command`, and what it does in a line."""

EXAMPLES = (
    ("lwfast demo", "See what lwfast does, in half a minute:"),
    ("lwfast serve", "Run a scheduler on this machine; the commands below find it without any setting:"),
    ("lwfast jobs --watch", "Watch its queue, in another terminal:"),
)


class CommandGroup(click.Group):
    """All commands, each imported when it is wanted."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (a method of Click)
        """Return the names of all commands, in the order of the help."""
        return [name for section in COMMANDS.values() for name in section]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return the command of this name, or None."""
        for section in COMMANDS.values():
            if cmd_name in section:
                module = import_module(f"lwfast.cli.{section[cmd_name][0]}")
                found: click.Command = getattr(module, f"{cmd_name}_command")
                return found
        return None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command of a command line; an unknown one comes with names that are like it."""
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as error:
            raise click.exceptions.NoSuchCommand(
                error.command_name, possibilities=self.list_commands(ctx), ctx=ctx
            ) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what there is, without importing any of it."""
        longest = max(map(len, self.list_commands(ctx)))
        for title, section in COMMANDS.items():
            with formatter.section(title):
                formatter.write_dl([(f"{name:{longest}}", told) for name, (_, told) in section.items()])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write where to begin, and where to read on."""
        write_examples(EXAMPLES, formatter)
        formatter.write_paragraph()
        formatter.write_text("`lwfast help COMMAND` shows the options of a command, with examples.")


@click.group(
    "lwfast",
    cls=CommandGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Fast photonic quantum computing: emulate, submit, collect and process boson-sampling jobs.",
)
@click.version_option(__version__, message="lwfast %(version)s")
@click.pass_context
def lwfast(context: click.Context) -> None:
    """Run before any command."""
    import io
    import sys

    if context.invoked_subcommand != "run" and isinstance(sys.stdout, io.TextIOWrapper):
        # Names of files and jobs may hold what the terminal cannot show; stderr shows escapes by itself.
        # The streams of a program that is run are its own.
        sys.stdout.reconfigure(errors="backslashreplace")


def completed(instruction: str) -> int:
    """Answer a shell that asks how a command line can go on; returns the exit code."""
    from click.shell_completion import shell_complete

    settings: dict[str, Any] = {}
    return shell_complete(lwfast, settings, "lwfast", COMPLETE_VARIABLE, instruction)


COMPLETE_VARIABLE = "_LWFAST_COMPLETE"
"""Environment variable by which a shell asks for completions."""
