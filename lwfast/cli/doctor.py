"""`lwfast doctor`: check settings, connection and installation, and say what to do."""

from __future__ import annotations

import os
import platform
from typing import TYPE_CHECKING

from lwfast._version import LIGHTWORKS_VERSION, __version__
from lwfast.cli.client.finding import find
from lwfast.cli.error_words import words_of
from lwfast.cli.extras import EXTRAS, missing_of
from lwfast.cli.installation import NUMBA_IS_NEEDED, hidden, kernels, system, versions
from lwfast.cli.shared_options import client_options, command
from lwfast.cli.terminal.screen import BAD, GOOD, is_terminal, print_drawn
from lwfast.cli.terminal.wording import shown
from lwfast.errors import LightworksRemoteError

if TYPE_CHECKING:
    from lwfast.remote import Client


@command("doctor", ("lwfast doctor", "What is installed, what is set, and does the scheduler answer?"))
@client_options
def doctor_command(url: str | None, profile: str | None, local: bool) -> int:
    """Check settings, connection and installation, a line for each; exit code 1 if one is BAD.

    A URL that is not set is not a fault: only what asks a scheduler needs one.
    """
    from lwfast.remote.configuration.client_settings import MissingTokenError, MissingURLError

    found = [check() for check in (_installation, _extras, _kernels, _folder)]
    try:
        scheduler = find(url, profile, local)
    except MissingURLError:
        if name := profile or os.environ.get("LWFAST_PROFILE"):
            _say(False, f"profile {name!r} has no url; add one to it, or leave the profile out")
            return 1
        _say(
            True,
            "no scheduler is set up, which only jobs need: start one with `lwfast serve`, or save the "
            "address of another with `lwfast login`",
        )
        return 0 if all(found) else 1
    except LightworksRemoteError as error:
        _say(False, words_of(error))
        if isinstance(error, MissingTokenError):
            _reachable(url, profile)
        return 1
    client = scheduler.client()
    # Without settings the connection would fail for the reason that was just given.
    return 0 if _settings(client, scheduler.how) and _connection(client) and all(found) else 1


def _reachable(url: str | None, profile: str | None) -> bool:
    """Say whether something listens at the address: without a token nothing more can be asked."""
    from urllib.parse import urlsplit

    from lwfast.remote.configuration.client_settings import in_shell, resolve_url
    from lwfast.remote.connection.connecting import why_unreachable
    from lwfast.remote.connection.timeouts import Timeouts

    found, source = resolve_url(url, profile)
    where = f"{urlsplit(found).netloc} (from {in_shell(source)})"
    why = why_unreachable(found, Timeouts().connect)
    return _say(why is None, f"{where} can be reached" if why is None else f"no connection to {where}: {why}")


def _say(good: bool, text: str) -> bool:
    if is_terminal():
        from rich.text import Text

        print_drawn(Text.assemble(("ok   ", GOOD) if good else ("BAD  ", f"bold {BAD}"), shown(text)))
    else:
        print(f"{'ok ' if good else 'BAD'}  {shown(text)}")
    return good


def _installation() -> bool:
    _say(True, f"lwfast {__version__}, matches Lightworks {LIGHTWORKS_VERSION}")
    other = hidden()
    if other is not None:
        _say(True, other)
    _say(True, f"Python {platform.python_version()} on {system()}")
    found = versions()
    _say(True, f"needed: {', '.join(f'{name} {version}' for name, version in found.items() if version)}")
    missing = [name for name, version in found.items() if not version]
    if "numba" in missing and kernels().get("kernels") == "compiled ahead of time":
        missing.remove("numba")
        _say(True, f"not installed: numba; {NUMBA_IS_NEEDED}")
    return not missing or _say(False, f"not installed: {', '.join(missing)}; install lwfast again")


def _extras() -> bool:
    missing = {extra: packages for extra in EXTRAS if (packages := missing_of(extra))}
    there = [extra for extra in EXTRAS if extra not in missing]
    text = f"extras: {', '.join(there) or 'none'}"
    if missing:
        names = " ".join(package for group in missing.values() for package in group)
        text += f"; not installed: {', '.join(missing)} (python -m pip install {names})"
    return _say(True, text)


def _kernels() -> bool:
    """Say how kernels run; where Numba compiles them, check that they can be kept."""
    found = kernels()
    if "cannot run" in found:
        return _say(False, f"kernels cannot run: {found['cannot run']}")
    level = f", for {found['level']}" if "level" in found else ""
    _say(True, f"kernels are {found['kernels']}{level} ({found['because']})")
    if "slower than it could be" in found:
        _say(True, f"at this level {found['slower than it could be']}")
    from lwfast._kernels.installed_file import changed_since_installed
    from lwfast._kernels.report import are_compiled_here

    changed = changed_since_installed()
    if changed is not None:
        return _say(False, f"{changed} is not what was installed; install lwfast again")
    return not are_compiled_here() or _kept()


def _kept() -> bool:
    from lwfast._kernels.report import count_kept, is_keeping_wanted, kept_in, why_not_kept

    folder = kept_in()
    if folder is None:
        return _say(not is_keeping_wanted(), why_not_kept())  # which somebody wanted
    sound, damaged = count_kept(folder)
    text = f"compiled kernels are kept in {folder}: {sound} so far"
    if damaged:
        text += f"; {damaged} damaged, to be compiled again at the next use"
    return _say(True, text)


def _folder() -> bool:
    from lwfast.remote.configuration import persistence

    folder = persistence.own_folder()
    tokens = folder / persistence.TOKENS
    try:
        there, shared = folder.exists(), tokens.exists() and tokens.stat().st_mode & 0o077
    except OSError as error:
        reason = error.strerror or error
        return _say(False, f"own data folder: {folder} cannot be read ({reason}); set LWFAST_CONFIG_DIR")
    _say(True, f"own data folder: {folder}{'' if there else ' (not made yet)'}")
    if os.name == "posix" and shared:
        return _say(False, f"others can read your tokens: chmod 600 {tokens}")
    return True


def _settings(client: Client, how: str | None) -> bool:
    from lwfast.remote.configuration.client_settings import in_shell
    from lwfast.remote.connection.connection import connection_of

    try:
        found = connection_of(client).api.transport.settings
    except LightworksRemoteError as error:
        return _say(False, words_of(error))
    if how is None:
        _say(True, f"URL {found.url} (from {in_shell(found.sources['url'])})")
        _say(True, f"token set, not shown (from {found.sources['token']})")
    else:
        _say(True, f"URL {found.url}, token set, not shown ({how})")
    if found.url.startswith("https"):
        _say(True, f"certificates: {found.certificate or 'those of the system'}")
    return True


def _connection(client: Client) -> bool:
    try:
        return _answers(client)
    except LightworksRemoteError as error:
        return _say(False, f"no answer that can be used: {words_of(error, in_doctor=True)}")


def _answers(client: Client) -> bool:
    from lwfast.remote.connection.connection import connection_of

    names = client.list_qpus()
    qpus = f"QPUs: {', '.join(names) or 'none'}"
    api = connection_of(client).api
    if not api.offers_v1():
        return _say(True, f"the scheduler answers (reference wire); {qpus}")
    now = api.status()
    _say(True, f"the scheduler answers (lwfast {now.version}, with lwfast's API); {qpus}")
    workers = f"{now.workers} worker{'' if now.workers == 1 else 's'}"
    if now.trouble is not None:
        return _say(False, f"no job can be run: {now.trouble}; see its log")
    return _say(True, f"{workers}; jobs: {now.running} running, {now.waiting} waiting")
