"""Results as files, and the lines of Python that fetch them."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lwfast._texts import ended
from lwfast.errors import LightworksError
from lwfast.results import SamplingResult
from lwfast.rules import Rule
from lwfast.scheduler.faults import RequestError
from lwfast.scheduler.web.pages.stored_results import Shown

FORMS = {
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
    "npz": "application/octet-stream",
}
"""What is offered, with its media type; `lwfast.load_result` reads all of them."""
_LEAST_RANGE = 4


def file_of(result: Shown, rules: Sequence[Rule], form: str) -> bytes:
    """Return a result as `save` writes it, with further rules applied.

    Raises:
        RequestError: The form is unknown, or the scheduler lacks the package that writes it.
    """
    if form not in FORMS:
        raise RequestError.of("form", f"should be one of {', '.join(FORMS)}; got {form[:40]!r}")
    if rules:
        pairs = [rule.as_tuple() for rule in rules]
        result = result.apply_post_selection(pairs)
    with tempfile.TemporaryDirectory(prefix="lwfast-") as folder:
        path = Path(folder) / f"result.{form}"
        try:
            result.save(path)
        except LightworksError as error:
            raise RequestError.of("form", f"cannot be written by this scheduler: {ended(error)}") from error
        return path.read_bytes()


def python_lines(
    url: str, job_id: int, result: Shown | None, *, measured: bool, rules: Sequence[Rule]
) -> str:
    """Return the lines of Python that fetch what a page shows.

    Args:
        url: The address of the scheduler's API.
        job_id: Id of the job that the lines fetch.
        result: Its result; None before it has one.
        measured: Whether the page shows it as it was measured.
        rules: The rules that were typed.
    """
    lines = [
        "from lwfast import remote",
        "",
        f"remote.set_api_url({json.dumps(url)})",
        'remote.token.set("...")  # the token of this scheduler',
        "",
        f"job = remote.job({job_id})",
        "result = job.result()",
    ]
    if measured and result is not None:
        lines.append("result = result.raw_data")
    if rules:
        pairs = ", ".join(f"({_tuple(rule.modes)}, {_tuple(rule.totals)})" for rule in rules)
        lines.append(f"result = result.apply_post_selection([{pairs}])")
    if isinstance(result, SamplingResult):
        lines.append("result.plot()")
    return "\n".join(lines)


def _tuple(numbers: Sequence[int]) -> str:
    """Write numbers as Python, each run of them as a range, so that the line stays short."""
    parts: list[str] = []
    start = 0
    while start < len(numbers):
        end = start + 1
        while end < len(numbers) and numbers[end] == numbers[end - 1] + 1:
            end += 1
        if end - start >= _LEAST_RANGE:
            run = f"range({numbers[start]}, {numbers[end - 1] + 1})"
            if end - start == len(numbers):
                return run
            parts.append(f"*{run}")
        else:
            parts += map(str, numbers[start:end])
        start = end
    return f"({parts[0]},)" if len(parts) == 1 else f"({', '.join(parts)})"


def file_name(job_id: int, form: str, *, is_narrowed: bool) -> str:
    """Return the name under which a browser saves a result."""
    return f"job-{job_id}{'-selected' if is_narrowed else ''}.{form}"


def disposition(name: str) -> dict[str, Any]:
    """Return the header that names a download."""
    return {"Content-Disposition": f'attachment; filename="{name}"'}
