"""Build the extension of kernels, `_native`: for a wheel, or beside the sources.

    python tools/native/build_extension.py [LEVEL ...] [--only NAME]

builds it into the source tree, where it is used until a source of a kernel changes; without levels, for this
processor and those below. It needs a C compiler (`CC`, by default `cc`; `CFLAGS` and `LDFLAGS` count), Numba
and NumPy.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import os
import platform
import shlex
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from pathlib import Path
from typing import TextIO

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
MODULE = "_native.abi3.so"
X86_LEVELS = ("x86-64-v2", "x86-64-v3", "x86-64-v4")
LANES = {"x86-64-v2": 4, "x86-64-v3": 4, "x86-64-v4": 8, "generic": 4}
"""Numbers in a vector, by level; the lowest one splits it in two registers."""
WARNINGS = ("-Wall", "-Wextra", "-Werror")
_Step = tuple["subprocess.Popen[str]", TextIO, str]
"""A process, the file of what it says, and its name for people."""


class BuildError(Exception):
    """The extension cannot be built here; the text says why."""


def all_levels() -> tuple[str, ...]:
    """Return the levels that can be compiled for on this machine, the lowest one first."""
    return X86_LEVELS if platform.machine().lower() in {"x86_64", "amd64"} else ("generic",)


def own_levels() -> tuple[str, ...]:
    """Return the levels that this processor runs.

    Raises:
        BuildError: The system does not say what the processor can do.
    """
    levels = all_levels()
    if levels != X86_LEVELS:
        return levels
    try:
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError as error:
        raise BuildError(f"the processor is not known: {error}") from None
    flags = told.partition("flags")[2].partition("\n")[0].split()
    needed = (
        {"ssse3", "sse4_2", "popcnt"},
        {"avx2", "bmi2", "fma", "abm"},
        {"avx512bw", "avx512dq", "avx512vl"},
    )
    count = 0
    while count < len(levels) and needed[count] <= set(flags):
        count += 1
    return levels[:count]


def why_not() -> str:
    """Say why the extension cannot be built with this Python on this system; empty where it can."""
    if sys.platform != "linux":
        return f"kernels are compiled ahead of time on Linux only, and this is {sys.platform}"
    if platform.python_implementation() != "CPython" or sysconfig.get_config_var("Py_GIL_DISABLED"):
        return "kernels are compiled ahead of time for CPython with its lock only"
    if sys.version_info >= (3, 15):
        return f"Numba, which compiles the kernels, does not know Python {platform.python_version()} yet"
    return ""


def has_no_numba() -> bool:
    """Say whether Numba comes without a wheel for this system: asking for it could end the build."""
    return (
        platform.machine().lower() not in {"x86_64", "amd64", "aarch64"} or platform.libc_ver()[0] != "glibc"
    )


def compiler() -> list[str]:
    """Return the command of the C compiler."""
    return shlex.split(os.environ.get("CC", "cc"))


def no_compiler() -> str:
    """Say that there is no C compiler; empty where there is one that finds Python's headers."""
    if not (Path(sysconfig.get_path("include")) / "Python.h").exists():
        return "Python's C headers are not installed"
    try:
        subprocess.run([*compiler(), "--version"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        return f"there is no C compiler: {error}"
    return ""


def build(target: Path, levels: tuple[str, ...], sources: str = "", only: str = "") -> float:
    """Compile the kernels for some levels, and link the extension.

    Args:
        target: The file to write.
        levels: From the lowest one on.
        sources: Digest of the sources, for an extension that stays beside them.
        only: What names of kernels begin with, for an extension that lacks all others.

    Returns:
        Seconds that it took.

    Raises:
        BuildError: Something that is needed is missing, or a step failed.
    """
    began = time.monotonic()
    if reason := why_not() or no_compiler() or _missing():
        raise BuildError(reason)
    if not levels:
        raise BuildError("this processor runs no level that kernels are compiled for")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _compile(levels, folder, only)
        (folder / "kernels_table.h").write_text(_table(levels, folder, sources), encoding="utf-8")
        _run(
            [
                *compiler(), "-O2", "-std=gnu11", "-fPIC", "-shared", "-fvisibility=hidden", *WARNINGS,
                *shlex.split(os.environ.get("CFLAGS", "")),
                f"-ffile-prefix-map={HERE}=tools/native", f"-I{folder}",
                "-isystem", sysconfig.get_path("include"), "-isystem", _numpy_include(),
                str(HERE / "kernels.c"), *(str(folder / f"{level}.o") for level in levels),
                "-o", str(target), "-lm", "-s", "-Wl,-z,noexecstack,-z,relro,-z,now",
                *shlex.split(os.environ.get("LDFLAGS", "")),
            ]
        )  # fmt: skip
    return time.monotonic() - began


def _missing() -> str:
    missing = [name for name in ("numba", "numpy") if importlib.util.find_spec(name) is None]
    return f"{' and '.join(missing)} would be needed" if missing else ""


def _numpy_include() -> str:
    import numpy as np

    return np.get_include()


def _compile(levels: tuple[str, ...], folder: Path, only: str) -> None:
    """Lower the kernels once for each length of vectors, and optimise them for each level meanwhile.

    Both halves are in processes of their own. For two levels whose vectors are alike, on two processors, this
    takes half of the time of a process for each level that does all.
    """
    groups: dict[int, list[str]] = {}
    for level in levels:
        groups.setdefault(LANES[level], []).append(level)
    # Names and their order get into what is compiled.
    environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
    with contextlib.ExitStack() as stack:

        def start(script: str, *arguments: str, **pipes: int) -> _Step:
            said = stack.enter_context(tempfile.TemporaryFile("w+"))
            command = [sys.executable, str(HERE / script), *arguments]
            process = subprocess.Popen(command, env=environment, stderr=said, text=True, **pipes)
            stack.callback(_end, process)
            return process, said, f"{script} {arguments[0]}"

        steps: list[_Step] = []
        readers = []
        for lanes, alike in groups.items():
            pieces = folder / f"pieces_{lanes}"
            pieces.mkdir()
            lowering = start("lower_kernels.py", alike[0], str(pieces), only, stdout=subprocess.PIPE)
            optimising = [
                start("optimise_kernels.py", level, str(pieces), str(folder), stdin=subprocess.PIPE)
                for level in alike
            ]
            steps += [lowering, *optimising]
            readers.append(threading.Thread(target=_hand_on, args=(lowering, optimising), daemon=True))
            readers[-1].start()
        for process, said, what in steps:
            if process.wait():
                said.seek(0)
                raise BuildError(f"{what} failed:\n{said.read()[-4000:]}")
        for reader in readers:
            reader.join()


def _hand_on(lowering: _Step, optimising: list[_Step]) -> None:
    """Tell those that optimise what is ready, and let them come to an end only where nothing is missing."""
    for line in lowering[0].stdout or ():
        for process, *_ in optimising:
            with contextlib.suppress(OSError):  # it has ended, and its code says why
                process.stdin.write(line)
                process.stdin.flush()
    failed = lowering[0].wait() != 0
    for process, *_ in optimising:
        if failed:
            process.kill()
        with contextlib.suppress(OSError):
            process.stdin.close()


def _end(process: subprocess.Popen[str]) -> None:
    with process:
        process.kill()


def _table(levels: tuple[str, ...], folder: Path, sources: str) -> str:
    parts = [(folder / f"{level}.h").read_text(encoding="utf-8") for level in levels]
    parts.append("static const Level LEVELS[] = {")
    for level in levels:
        entries = f"kernel_{level.replace('-', '_')}"
        runs = f"runs_{level.rpartition('-')[2]}"
        count = f"(int)(sizeof {entries} / sizeof *{entries})"
        parts.append(f'    {{"{level}", {LANES[level]}, {runs}, {entries}, {count}}},')
    parts += ["};", f'static const char SOURCES[] = "{sources}";', ""]
    return "\n".join(parts)


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildError(f"{shlex.join(command)} failed:\n{done.stderr[-4000:]}")


def main() -> None:
    """Build the extension into the source tree."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "levels", nargs="*", choices=[*all_levels(), []], help="by default, those of this machine"
    )
    parser.add_argument(
        "--only",
        default="",
        metavar="NAME",
        help="the kernels whose names begin so, as optics.fock, to try one",
    )
    given = parser.parse_args()
    wanted = given.levels
    sys.path[:0] = [str(ROOT), str(HERE)]
    os.environ["LWFAST_JIT"] = "1"
    from lwfast._kernels._extension_file import sealed
    from lwfast._kernels._mode import digest_of_sources

    target = ROOT / "lwfast" / "_kernels" / MODULE
    part = target.with_suffix(".part")
    try:
        levels = tuple(level for level in all_levels() if level in wanted) if wanted else own_levels()
        seconds = build(part, levels, digest_of_sources(), given.only)
    except BuildError as error:
        sys.exit(f"build_extension.py: {error}.")
    part.write_bytes(sealed(part.read_bytes()))
    part.replace(target)
    print(
        f"{target.relative_to(ROOT)}: {', '.join(levels)}, {target.stat().st_size >> 10} KiB, {seconds:.0f} s"
    )


if __name__ == "__main__":
    main()
