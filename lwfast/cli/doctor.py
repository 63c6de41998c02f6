"""`lwfast doctor`: check settings, connection and installation, and say what to do."""

from __future__ import annotations

import importlib.util
import os
import platform
import tempfile
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from lwfast._version import LIGHTWORKS_VERSION, __version__
from lwfast.errors import LightworksRemoteError

if TYPE_CHECKING:
    from lwfast.remote import Client

NEEDED = ("numpy", "numba", "requests", "msgspec", "platformdirs")
EXTRAS = {
    "plot": "matplotlib",
    "frames": "pandas",
    "arrow": "pyarrow",
    "progress": "tqdm",
    "server": "uvicorn",
    "distributed": "distributed",
}


def run(client: Client) -> int:
    """Print one line for each check; 1 if something that lwfast needs does not work."""
    checks: list[Callable[[Client], bool]] = [_installation, _extras, _cache, _settings, _connection]
    found = [check(client) for check in checks]
    return 0 if all(found) else 1


def _say(good: bool, text: str) -> bool:
    print(f"{'ok ' if good else 'BAD'}  {text}")
    return good


def _installation(_: Client) -> bool:
    good = _say(True, f"lwfast {__version__}, matches Lightworks {LIGHTWORKS_VERSION}")
    system = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    _say(True, f"Python {platform.python_version()} on {system}")
    for name in NEEDED:
        try:
            version = metadata.version(name)
        except metadata.PackageNotFoundError:
            good = _say(False, f"{name} is missing; install lwfast again")
        else:
            _say(True, f"{name} {version}")
    return good


def _extras(_: Client) -> bool:
    missing = [extra for extra, module in EXTRAS.items() if importlib.util.find_spec(module) is None]
    there = [extra for extra in EXTRAS if extra not in missing]
    text = f"extras: {', '.join(there) or 'none'}"
    if missing:
        text += f"; not installed: {', '.join(missing)} (python -m pip install 'lwfast[all]')"
    return _say(True, text)


def _cache(_: Client) -> bool:
    """Check that compiled kernels can be kept; without that each process compiles anew."""
    places = [os.environ.get("NUMBA_CACHE_DIR"), str(Path(__file__).parents[1] / "_kernels" / "__pycache__")]
    for place in [place for place in places if place]:
        try:
            with tempfile.TemporaryFile(dir=place):
                return _say(True, f"compiled kernels are kept in {place}")
        except OSError:
            continue
    return _say(
        True, "compiled kernels are kept in a folder of your own, as the installation cannot be written"
    )


def _settings(client: Client) -> bool:
    from lwfast.remote import persistence

    folder = persistence.own_folder()
    _say(True, f"own data folder: {folder}{'' if folder.exists() else ' (not made yet)'}")
    tokens = folder / persistence.TOKENS
    good = True
    if os.name == "posix" and tokens.exists() and tokens.stat().st_mode & 0o077:
        good = _say(False, f"others can read your tokens: chmod 600 {tokens}")
    try:
        found = client._api.transport.settings  # noqa: SLF001
    except LightworksRemoteError as error:
        return _say(False, f"{type(error).__name__}: {error}")
    _say(True, f"URL {found.url} (from {found.sources['url']})")
    _say(True, f"token set, not shown (from {found.sources['token']})")
    if found.url.startswith("https"):
        _say(True, f"certificates: {found.certificate or 'those of the system'}")
    return good


def _connection(client: Client) -> bool:
    try:
        return _answers(client)
    except LightworksRemoteError as error:
        return _say(False, f"no answer that can be used: {type(error).__name__}: {error}")


def _answers(client: Client) -> bool:
    names = client.list_qpus()
    api = client._api  # noqa: SLF001
    kind = "with lwfast's API: safe retries, long polls" if api.offers_v1() else "reference wire"
    good = _say(True, f"the scheduler answers ({kind}); QPUs: {', '.join(names) or 'none'}")
    if api.offers_v1():
        now = api.status()
        workers = f"{now.workers} worker{'' if now.workers == 1 else 's'}"
        jobs = f"{now.running} job{'' if now.running == 1 else 's'} running, {now.waiting} waiting"
        good = _say(True, f"the scheduler is lwfast {now.version}, {workers}, {jobs}")
        if now.trouble is not None:
            good = _say(False, f"the scheduler can run no job: {now.trouble}; see its log")
    return good
