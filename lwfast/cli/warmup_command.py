"""`lwfast warmup`: compile every kernel once, so that no later call has to wait for it."""

from __future__ import annotations

import sys

from lwfast.cli.shared_options import command


@command("warmup", ("lwfast warmup", "Once, after installing without a C compiler:"))
def warmup_command() -> int:
    """Compile every kernel now, with progress, so that no later call has to wait for it.

    Where the package holds compiled kernels, there is nothing to do. The exit code is 1 where no later
    process would find what was compiled.
    """
    from lwfast._kernels.report import are_compiled_here, kept_in, why_none_is_compiled, why_not_kept
    from lwfast.emulator.warmup import warmup

    if not are_compiled_here():
        print(f"No kernel has to be compiled: {why_none_is_compiled()}.")
        return 0
    if kept_in() is not None:
        seconds = warmup(progress=True)
        if not why_not_kept():
            print(
                f"{len(seconds)} groups of kernels ready, {sum(seconds.values()):.1f} s; kept in {kept_in()}"
            )
            return 0
    print(f"lwfast: {why_not_kept()}", file=sys.stderr)
    return 1
