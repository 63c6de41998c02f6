"""A worker process: takes jobs from its standard input, one at a time, and answers on its standard output.

Started by `workers.py`, which gives it the results folder and the runner as arguments. It ends when its input
does, even in the middle of a job, so that no worker outlives its server.
"""

from __future__ import annotations

import contextlib
import importlib
import itertools
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from lwfast._base.files.own_files import why
from lwfast._base.memory import share_memory
from lwfast._base.parallel import share_cores
from lwfast._base.pauses import pause_after
from lwfast.scheduler.store.result_files import result_name, write_result
from lwfast.scheduler.workers.frames import (
    DOES_NOT_FIT,
    INLINE_LIMIT,
    OUT_OF_MEMORY,
    Alive,
    Answer,
    Done,
    Failed,
    Held,
    Order,
    Ready,
    Run,
    Share,
    Unable,
    decode_order,
    pack,
    read_frame,
)
from lwfast.wire.tracing import span

Runner = Callable[..., tuple[Any, Any]]

BEAT_SECONDS = 2.0
"""Between two signs of life; kernels and what writes results let other threads run meanwhile."""
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 10.0
"""Between tries to write a result where there is no room for it."""
REASON_LIMIT = 500
"""Characters of a reason for which a worker cannot start; all of it stands in the log."""


def main() -> None:
    """Serve jobs until the input ends."""
    for name in (signal.SIGINT, signal.SIGTERM):  # both may reach the whole group; the server decides
        signal.signal(name, signal.SIG_IGN)
    _be_the_first_to_go()
    orders, answers = _claim_pipes()
    one_at_a_time = threading.Lock()

    def say(answer: Answer) -> None:
        with one_at_a_time:
            answers.write(pack(answer))

    results_dir, runner_name = Path(sys.argv[1]), sys.argv[2]
    inbox: queue.SimpleQueue[Order] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(orders, inbox), daemon=True).start()
    threading.Thread(target=_beat, args=(say,), daemon=True).start()
    began = time.perf_counter()
    try:
        runner = _load(runner_name)
        _warm(runner)
    except BaseException as error:
        say(Unable(f"{type(error).__name__}: {error}"[:REASON_LIMIT]))
        raise
    say(Ready(time.perf_counter() - began))
    while True:
        order = inbox.get()
        if isinstance(order, Share):
            share_cores(order.cores)
            share_memory(order.n_bytes)
        else:
            with span("lwfast.job", order.trace, job_id=order.job_id, request_id=order.request_id):
                answer = _answer(order, runner, results_dir, say)
            say(answer)


def _be_the_first_to_go() -> None:
    """Let Linux end a worker where memory runs out, which costs its job a try, and not the server."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500", encoding="ascii")


def _claim_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Keep both pipes to ourselves: what a library prints goes to standard error."""
    orders = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    return orders, answers


def _beat(say: Callable[[Answer], object]) -> None:
    with contextlib.suppress(OSError):  # the server is gone, which `_listen` notices
        while True:
            say(Alive())
            time.sleep(BEAT_SECONDS)


def _listen(orders: BinaryIO, inbox: queue.SimpleQueue[Order]) -> None:
    try:
        while (body := read_frame(orders)) is not None:
            inbox.put(decode_order(body))
    finally:
        os._exit(0)  # the server is gone, and whatever runs is of no use to anyone


def _load(name: str) -> Runner:
    module, _, function = name.partition(":")
    runner: Runner = getattr(importlib.import_module(module), function)
    return runner


def _warm(runner: Runner) -> None:
    """Compile or load the kernels of a common job before the first one comes."""
    import numpy as np

    from lwfast._base.limits import SINGLE_PRECISION
    from lwfast._base.settings import settings
    from lwfast.hardware import HardwareModel
    from lwfast.tables.bodies.result_json import encode_result

    settings.unitary_precision = SINGLE_PRECISION  # what the server accepted is good enough to run
    mix = np.array([[1, 1j], [1j, 1]]) / np.sqrt(2)
    states, counts = runner(mix, (1, 1), 10, min_detection=1, hardware=HardwareModel(), rng=1)
    encode_result(states, counts)


def _answer(order: Run, runner: Runner, results_dir: Path, tell: Callable[[Held], object]) -> Done | Failed:
    from lwfast.errors import LightworksError, ResourceLimitError

    try:
        body = _run(order, runner)
    except ResourceLimitError as error:
        return Failed(order.job_id, str(error), DOES_NOT_FIT)
    except MemoryError as error:
        return Failed(order.job_id, f"the worker ran out of memory: {error}", OUT_OF_MEMORY)
    except (LightworksError, ValueError) as error:
        return Failed(order.job_id, str(error))
    except Exception as error:  # noqa: BLE001  (whatever it is, the job has failed and the worker goes on)
        print(f"job {order.job_id} (request {order.request_id}) failed:", file=sys.stderr)  # noqa: T201
        traceback.print_exc()
        return Failed(order.job_id, f"internal error, {type(error).__name__}: {error}")
    if len(body) <= INLINE_LIMIT:
        return Done(order.job_id, body=body)
    name = result_name(order.job_id, order.seed, body)
    _write(results_dir / name, body, lambda reason: tell(Held(order.job_id, reason)))
    return Done(order.job_id, file=name)


def _run(order: Run, runner: Runner) -> bytes:
    import msgspec

    from lwfast.hardware import HardwareModel
    from lwfast.scheduler.workers.payload_run import run_payload
    from lwfast.wire import decode_payload

    model = HardwareModel.from_dict(msgspec.json.decode(order.hardware))
    return run_payload(decode_payload(order.payload), model, order.seed, runner)


def _write(path: Path, body: bytes, tell: Callable[[str], object]) -> None:
    """Write a result, however long it takes until there is room; `tell` is called once if it has to wait."""
    for tries in itertools.count(1):
        try:
            write_result(path, len(body), body)
            return
        except OSError as error:
            if tries == 1:
                tell(why(error))
            time.sleep(pause_after(tries, FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS))
