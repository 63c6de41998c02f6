"""Errors in the words of the shell: one line, with what to type next."""

from __future__ import annotations

import re

import click

from lwfast._texts import ended
from lwfast.cli.terminal.wording import shown
from lwfast.errors import (
    AmbiguousSubmissionError,
    ConnectionFailedError,
    JobNotFoundError,
    LightworksError,
    LightworksRemoteError,
    ResultsError,
    SubmissionInterrupted,
)
from lwfast.wire.loopback import is_loopback

REMEDIES: tuple[tuple[type[Exception], str], ...] = (
    (JobNotFoundError, "`lwfast jobs` lists the jobs that there are."),
    (ResultsError, "`lwfast job ID` says more, and `lwfast job ID --wait` waits for it."),
)
"""What to type next, where the message of an error does not say."""
_SPACES = re.compile(r"\s+")


def usage_of(error: click.UsageError) -> str:
    """Say in a line what is wrong with a command line; without any command, return the help."""
    context = error.ctx
    if isinstance(error, click.exceptions.NoArgsIsHelpError) and context is not None:
        return context.get_help()
    path = "lwfast" if context is None else context.command_path
    return f"{path}: {_line(error.format_message())} See `{path} --help` for the usage."


def message_of(error: BaseException) -> str:
    """Say in a line what went wrong, as the command tells it."""
    return f"lwfast: {_line(words_of(error))}"


def words_of(error: BaseException, *, in_doctor: bool = False) -> str:
    """Return what is said of an error, with advice in commands rather than in Python.

    Args:
        error: What went wrong, of any class.
        in_doctor: Whether `lwfast doctor` says it, which is then no advice.
    """
    if isinstance(error, click.ClickException):
        return error.format_message()
    if isinstance(error, LightworksRemoteError) and error.shell_words is not None:
        return error.shell_words
    if isinstance(error, AmbiguousSubmissionError | SubmissionInterrupted):
        return _doubtful(error)
    if (
        isinstance(error, OSError)
        and error.strerror
        and error.filename
        and not isinstance(error, LightworksError | LightworksRemoteError)
    ):
        return f"{error.filename}: {error.strerror}."
    if isinstance(error, ConnectionFailedError) and error.host is not None:
        return " ".join([ended(error), *_how_to_reach(error.host, in_doctor)])
    remedy = next((text for kind, text in REMEDIES if isinstance(error, kind)), None)
    if remedy is not None:
        return f"{ended(error)} {remedy}"
    notes = [note for note in getattr(error, "__notes__", ()) if "attribute" not in note]
    return " ".join([str(error), *notes])


def _how_to_reach(host: str, in_doctor: bool) -> list[str]:
    """Say what helps where nobody answers at an address."""
    here = ["`lwfast serve` runs a scheduler on this machine."] if is_loopback(host) else []
    return here if in_doctor else ["`lwfast doctor` says where the address comes from.", *here]


def _doubtful(error: AmbiguousSubmissionError | SubmissionInterrupted) -> str:
    """Say what is known of a submit that may or may not have made jobs, and how to find out."""
    from lwfast.remote.configuration import intents

    said = str(error).partition(" The answer to a submit is lost:")
    first = (
        f"{said[0]} The answer to a submit is lost: its jobs may or may not exist." if said[1] else said[0]
    )
    first = first.replace("; see the attribute jobs", "")
    if error.key is not None and intents.exists(error.key):
        return (
            f"{first} `lwfast jobs --resume {error.key}` sends it again under its key, which makes no job "
            "twice; `lwfast jobs --pending` lists all such submits."
        )
    if error.sent_at:
        return f"{first} Before you submit again, look in `lwfast jobs` for a job made after {error.sent_at}."
    return first


def _line(text: str) -> str:
    """Put a text into one line that can be printed."""
    return shown(_SPACES.sub(" ", text).strip())
