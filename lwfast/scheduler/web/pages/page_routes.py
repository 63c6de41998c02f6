"""The dashboard's pages under `/api/v1/pages`: fragments of HTML, behind the same token as the API."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lwfast._base.showing.silent_log import log_of
from lwfast.results import SamplingResult
from lwfast.results.columns.record import known_raw
from lwfast.rules import Rule
from lwfast.scheduler.faults import NotFoundError, RequestError
from lwfast.scheduler.jobs import StoredJob
from lwfast.scheduler.queue.core import Scheduler
from lwfast.scheduler.web.http import json_answer, path_id, scheduler_of
from lwfast.scheduler.web.pages.downloads import FORMS, disposition, file_name, file_of, python_lines
from lwfast.scheduler.web.pages.job_lines import LISTS, OPERATORS, JobLine, job_list
from lwfast.scheduler.web.pages.page_html import render
from lwfast.scheduler.web.pages.payload_view import payload_view
from lwfast.scheduler.web.pages.qpu_view import LOOKED_AT, first_text, qpu_view
from lwfast.scheduler.web.pages.result_view import ResultView, result_view
from lwfast.scheduler.web.pages.rule_text import EXAMPLE, RuleTextError, rules_of_text
from lwfast.scheduler.web.pages.stored_results import Shown, StoredResults, has_rules
from lwfast.scheduler.web.pages.sweep_view import QUANTITIES, SweepView, sweep_view
from lwfast.scheduler.web.submission import submit_again
from lwfast.scheduler.web.visible_jobs import jobs_of, named_job, owner_of
from lwfast.wire import JOB_ID_HEADER, Status, encode_status_bearing

_log = log_of(__name__)


async def jobs_page(request: Request) -> Response:
    """`GET v1/pages/jobs`: queue and history, as the query narrows them."""
    scheduler = scheduler_of(request)
    found = await job_list(request, scheduler.book, jobs_of(request))
    owners = [OPERATORS, *request.app.state.owners.names] if owner_of(request).sees_all else [OPERATORS]
    return _html(
        render(
            "jobs.html",
            found=found,
            lists=LISTS,
            qpus=list(scheduler.settings.qpus),
            owners=owners if len(owners) > 1 or any(line.job.owner for line in found.lines) else [],
            state=_state(scheduler),
        )
    )


async def job_page(request: Request) -> Response:
    """`GET v1/pages/jobs/{id}`: all that there is to see of a job."""
    scheduler = scheduler_of(request)
    found = await named_job(request)
    payload = await scheduler.payload(found.id)
    line = JobLine.of(found, scheduler.book)
    job = line.job  # as the page shows it, whatever becomes of it meanwhile
    outcome: Mapping[str, Any] = {"problem": None, "result": None}
    if job.status is Status.COMPLETED:
        outcome = await _outcome(request, job)

    ids = {qpu.name: qpu.id for qpu in scheduler.settings.qpus.values()}
    state = _state(scheduler)

    def page() -> str:
        shown = payload_view(payload)
        return render("job.html", line=line, payload=shown, qpu_ids=ids, state=state, **outcome)

    return _html(await asyncio.to_thread(page))


async def job_outcome(request: Request) -> Response:
    """`GET v1/pages/jobs/{id}/outcome`: the result alone, under the rules that are being typed."""
    job = await named_job(request)
    job.check_completed()
    outcome = await _outcome(request, job)
    return _html(await asyncio.to_thread(render, "outcome.html", **outcome))


async def _outcome(request: Request, job: StoredJob) -> dict[str, Any]:
    """Return what the page says of the result of a completed job, for the rules of the address."""
    text, measured = request.query_params.get("rules", ""), request.query_params.get("data") == "measured"
    values: dict[str, Any] = {
        "job": job,
        "typed": text,
        "measured": measured,
        "example": EXAMPLE,
        "forms": list(FORMS),
        "quantities": QUANTITIES,
        "query": request.url.query,
        "fault": None,
        "problem": None,
        "view": None,
        "undrawn": False,
        "result": None,
    }
    results: StoredResults = request.app.state.results
    url = f"{request.base_url}api/"
    try:
        result = await results.get(job)
    except RequestError as error:
        problem = "; ".join(fault.reason for fault in error.errors)
        lines = python_lines(url, job.id, None, measured=False, rules=())
        return values | {"problem": problem, "lines": lines}

    def look() -> dict[str, Any]:
        try:
            shown, rules = _narrowed(result, text, measured=measured)
        except RuleTextError as error:
            return {"fault": str(error), "lines": None, "is_sweep": not isinstance(result, SamplingResult)}
        lines = python_lines(url, job.id, result, measured=measured, rules=rules)
        is_sweep = not isinstance(shown, SamplingResult)
        try:
            return {"view": view_of(shown, rules), "lines": lines, "is_sweep": is_sweep}
        except Exception:  # noqa: BLE001  (whatever a drawing lacks, log, payload and downloads are still there)
            _log.exception("The result of job %d cannot be drawn", job.id)
            return {"undrawn": True, "lines": lines, "is_sweep": is_sweep}

    def view_of(shown: Shown, rules: tuple[Rule, ...]) -> ResultView | SweepView:
        if isinstance(shown, SamplingResult):
            return result_view(shown, rules)
        held = {axis: _small(request, f"at{axis}") for axis in range(len(shown.labels))}
        quantity = request.query_params.get("of", "outcomes")
        return sweep_view(shown, rules, _small(request, "along"), quantity, held)

    ruled = has_rules(result)
    n_measured = int(np.sum(result.raw_data.n_samples)) if ruled else None
    about = {"result": result, "has_rules": ruled, "n_measured": n_measured}
    return values | about | await asyncio.to_thread(look)


def _narrowed(result: Shown, text: str, *, measured: bool) -> tuple[Shown, tuple[Rule, ...]]:
    """Return the result as it was asked for, and the rules that were typed for it.

    Raises:
        RuleTextError: They do not follow the grammar, or name a mode that the result does not have.
    """
    shown: Shown = result.raw_data if measured and known_raw(result) is not None else result
    if not len(shown.states):
        return shown, ()  # what has no outcome has no modes that rules could name
    most = int(shown.states.sum(axis=1, dtype=np.int64).max())
    return shown, rules_of_text(text, shown.states.shape[1], most)


def _small(request: Request, name: str) -> int:
    """A small number of the query, or 0."""
    text = request.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0


async def download(request: Request) -> Response:
    """`GET v1/pages/jobs/{id}/download/{form}`: the result as a file, as the page shows it."""
    job = await named_job(request)
    results: StoredResults = request.app.state.results
    result = await results.get(job)
    text, measured = request.query_params.get("rules", ""), request.query_params.get("data") == "measured"
    form = request.path_params["form"]

    def write() -> tuple[bytes, bool]:
        try:
            shown, rules = _narrowed(result, text, measured=measured)
        except RuleTextError as error:
            raise RequestError.of("rules", str(error)) from error
        return file_of(shown, rules, form), bool(rules)

    body, is_narrowed = await asyncio.to_thread(write)
    name = file_name(job.id, form, is_narrowed=is_narrowed)
    return Response(body, headers=disposition(name), media_type=FORMS[form])


async def payload_file(request: Request) -> Response:
    """`GET v1/pages/jobs/{id}/payload`: the payload as it was stored, as a file."""
    job_id = path_id(request)
    body = await jobs_of(request).payload(job_id)
    return json_answer(body, headers=disposition(f"job-{job_id}-payload.json"))


async def run_again(request: Request) -> Response:
    """`POST v1/pages/jobs/{id}/run-again`: 202 with the record of a new job with the same payload."""
    scheduler = scheduler_of(request)
    job = await submit_again(request, await jobs_of(request).payload(path_id(request)))
    record = encode_status_bearing(scheduler.book.record(job))
    return json_answer(record, 202, {JOB_ID_HEADER: str(job.id)})


async def qpus_page(request: Request) -> Response:
    """`GET v1/pages/qpus`: all QPUs."""
    scheduler = scheduler_of(request)
    live, now = list(scheduler.book.live.values()), datetime.now(UTC)
    views = [qpu_view(qpu, live, (), now) for qpu in scheduler.settings.qpus.values()]
    return _html(render("qpus.html", views=views, state=_state(scheduler)))


async def qpu_page(request: Request) -> Response:
    """`GET v1/pages/qpus/{id}`: limits, hardware and load of a QPU."""
    scheduler = scheduler_of(request)
    wanted = request.path_params["qpu_id"]
    qpu = next((qpu for qpu in scheduler.settings.qpus.values() if str(qpu.id) == wanted), None)
    if qpu is None:
        raise NotFoundError.of("qpu", f"there is no QPU with the id {wanted[:40]!r}")
    spans = await scheduler.spans(qpu.name, LOOKED_AT)
    now = datetime.now(UTC)
    more = await scheduler.finished_before(qpu.name, LOOKED_AT, first_text(now))
    live, state = list(scheduler.book.live.values()), _state(scheduler)

    def page() -> str:  # on a thread: up to 80,000 times are read
        view = qpu_view(qpu, live, spans, now, LOOKED_AT if more else None)
        return render("qpu.html", view=view, state=state)

    return _html(await asyncio.to_thread(page))


def _state(scheduler: Scheduler) -> dict[str, Any]:
    """What every page says of the scheduler."""
    return {
        "running": scheduler.running,
        "waiting": len(scheduler.book.queue),
        "workers": len(scheduler.pool.workers),
        "trouble": scheduler.trouble,
    }


def _html(text: str) -> Response:
    return Response(text, media_type="text/html")


ROUTES = [
    Route("/jobs", jobs_page, methods=["GET"]),
    Route("/jobs/{job_id}", job_page, methods=["GET"]),
    Route("/jobs/{job_id}/outcome", job_outcome, methods=["GET"]),
    Route("/jobs/{job_id}/download/{form}", download, methods=["GET"]),
    Route("/jobs/{job_id}/payload", payload_file, methods=["GET"]),
    Route("/jobs/{job_id}/run-again", run_again, methods=["POST"]),
    Route("/qpus", qpus_page, methods=["GET"]),
    Route("/qpus/{qpu_id}", qpu_page, methods=["GET"]),
]
