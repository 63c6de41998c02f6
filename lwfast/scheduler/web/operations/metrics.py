"""What happens in a scheduler, as numbers for Prometheus, at `/metrics`.

Gauges are read from the scheduler when they are asked for; counters and histograms grow as jobs end and
requests are answered. They stand in a registry of their own, and begin at 0 with each start.
"""

from __future__ import annotations

import shutil
from collections import Counter as Tally
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lwfast._version import __version__
from lwfast.scheduler.faults import ForbiddenError, NotFoundError
from lwfast.scheduler.jobs import StoredJob
from lwfast.scheduler.queue.core import Scheduler
from lwfast.scheduler.server_settings import STORE_FILE
from lwfast.scheduler.web.operations.answered import Answered
from lwfast.scheduler.web.visible_jobs import owner_of
from lwfast.wire import Status

if TYPE_CHECKING:
    from prometheus_client.core import Metric

JOB_SECONDS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3000, 10_000, 100_000)
REQUEST_SECONDS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100)


class Metrics:
    """The numbers of one scheduler.

    Args:
        scheduler: The scheduler whose queue and jobs are counted.

    Raises:
        ImportError: prometheus-client is not installed.
    """

    def __init__(self, scheduler: Scheduler) -> None:
        from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector

        self._scheduler = scheduler
        self.registry = CollectorRegistry(auto_describe=False)
        ProcessCollector(registry=self.registry)
        self.registry.register(self)
        self._ended = Counter(
            "lwfast_jobs_ended", "Jobs that ended.", ["qpu", "status"], registry=self.registry
        )
        self._waited = Histogram(
            "lwfast_job_wait_seconds",
            "From a job's acceptance to its start.",
            ["qpu"],
            buckets=JOB_SECONDS,
            registry=self.registry,
        )
        self._ran = Histogram(
            "lwfast_job_run_seconds",
            "From a job's last start to its end.",
            ["qpu"],
            buckets=JOB_SECONDS,
            registry=self.registry,
        )
        self._requests = Counter(
            "lwfast_requests", "Answered requests.", ["method", "route", "status"], registry=self.registry
        )
        self._request_seconds = Histogram(
            "lwfast_request_seconds",
            "From the head of a request to the end of its answer; `v1_api.changes` waits on purpose.",
            ["route"],
            buckets=REQUEST_SECONDS,
            registry=self.registry,
        )
        scheduler.on_ended.append(self._job_ended)

    def text(self) -> tuple[bytes, str]:
        """Return all numbers as Prometheus reads them, and the media type."""
        from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

        return generate_latest(self.registry), CONTENT_TYPE_LATEST

    def answered(self, answered: Answered) -> None:
        """Count a request."""
        status = "none" if answered.status is None else str(answered.status)
        self._requests.labels(answered.method, answered.route, status).inc()
        self._request_seconds.labels(answered.route).observe(answered.seconds)

    def _job_ended(self, job: StoredJob) -> None:
        self._ended.labels(job.qpu, job.status.wire_name).inc()
        if job.started is not None and job.finished is not None:
            self._waited.labels(job.qpu).observe(_seconds(job.created, job.started))
            self._ran.labels(job.qpu).observe(_seconds(job.started, job.finished))

    def collect(self) -> Iterator[Metric]:
        """Read the gauges; the registry calls this."""
        from prometheus_client.core import GaugeMetricFamily as Gauge
        from prometheus_client.core import InfoMetricFamily as Info

        scheduler = self._scheduler
        live = list(scheduler.book.live.values())
        running = Tally(job.qpu for job in live if job.status is Status.RUNNING)
        waiting = Tally(job.qpu for job in live)
        waiting.subtract(running)
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        first: dict[str, str] = {}
        for job in live:  # oldest first
            if job.status is not Status.RUNNING:
                first.setdefault(job.qpu, job.created)
        qpus = list(dict.fromkeys([*scheduler.settings.qpus, *waiting]))

        def of_qpus(name: str, said: str, values: dict[str, float] | Tally[str]) -> Gauge:
            gauge = Gauge(name, said, labels=["qpu"])
            for qpu in qpus:
                gauge.add_metric([qpu], values.get(qpu, 0))
            return gauge

        yield Info("lwfast", "The scheduler.", value={"version": __version__})
        yield of_qpus("lwfast_jobs_waiting", "Jobs that wait.", waiting)
        yield of_qpus("lwfast_jobs_running", "Jobs that run.", running)
        ages = {qpu: _seconds(created, now) for qpu, created in first.items()}
        yield of_qpus("lwfast_oldest_waiting_seconds", "Age of the oldest job that waits.", ages)
        held = Gauge("lwfast_owner_jobs", "Jobs of an owner that wait or run.", labels=["owner"])
        n_bytes = Gauge("lwfast_owner_payload_bytes", "Bytes of their payloads.", labels=["owner"])
        for owner, has in scheduler.book.held.items():
            held.add_metric([owner], has.jobs)
            n_bytes.add_metric([owner], has.payload_bytes)
        yield held
        yield n_bytes
        pool = scheduler.pool
        yield Gauge("lwfast_workers", "Worker processes that there should be.", value=len(pool.workers))
        yield Gauge("lwfast_workers_ready", "Worker processes that are ready or busy.", value=pool.ready)
        yield Gauge("lwfast_trouble", "1 while no job can be run.", value=scheduler.trouble is not None)
        folder = scheduler.settings.data_dir
        try:
            disk, store = shutil.disk_usage(folder), (folder / STORE_FILE).stat().st_size
        except OSError:  # such as a disk that went away: `lwfast_trouble` says so
            return
        yield Gauge("lwfast_disk_free_bytes", "Room on the disk of the data folder.", value=disk.free)
        yield Gauge("lwfast_store_bytes", "Size of the store, without files of results.", value=store)


def _seconds(start: str, end: str) -> float:
    begin, until = (datetime.fromisoformat(text) for text in (start, end))
    return max(0.0, (until - begin).total_seconds())


async def metrics(request: Request) -> Response:
    """`GET /metrics`: all numbers, for an operator or an owner who sees all jobs."""
    if not owner_of(request).sees_all:
        raise ForbiddenError.of("metrics", "are for those who see all jobs; ask with the operator's token")
    found: Metrics | None = request.app.state.metrics
    if found is None:
        raise NotFoundError.of(
            "metrics",
            "this scheduler has no prometheus-client: install it (python -m pip install prometheus-client, "
            "the extra lwfast[metrics]), and start the scheduler again",
        )
    body, media_type = found.text()
    return Response(body, headers={"Content-Type": media_type})


ROUTES = [Route("/metrics", metrics, methods=["GET"])]
