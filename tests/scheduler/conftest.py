from __future__ import annotations

import pytest

from lwfast.scheduler.workers.cluster import dask_link
from lwfast.scheduler.workers.cluster import pool as pools
from tests.scheduler.browser import CHROMIUM, OPTIONS, PATIENCE_MS
from tests.scheduler.dask_cluster import Cluster
from tests.scheduler.harness import TOKEN, make_settings, running


@pytest.fixture(autouse=True)
def announced_elsewhere(tmp_path_factory, monkeypatch):
    """What a scheduler says of itself goes into a folder of the test, and not to the user."""
    folder = tmp_path_factory.mktemp("user")
    monkeypatch.setenv("LWFAST_CONFIG_DIR", str(folder))
    return folder


@pytest.fixture(scope="session")
def api(tmp_path_factory):
    """A scheduler with one worker and the fake runner, shared by all tests that need nothing special."""
    with running(make_settings(tmp_path_factory.mktemp("scheduler"))) as api:
        yield api


@pytest.fixture(scope="module")
def chromium():
    # Ends with its module: playwright keeps an event loop, beside which no test could run one of its own.
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    if CHROMIUM is None:
        pytest.skip("needs Chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium):
    """Open a page of a scheduler, signed in; the page collects what the browser complains of."""
    contexts = []

    def open_at(api, path="/", *, signed_in=True, **options):
        context = chromium.new_context(reduced_motion="reduce", **options)
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.complaints = []
        # Violations of the content security policy are errors of the console.
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto(api.root.rstrip("/") + path + (f"#token={TOKEN}" if signed_in else ""))
        if signed_in:
            page.wait_for_selector("#page h1")
        return page

    yield open_at
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def shared_cluster(tmp_path_factory):
    pytest.importorskip("distributed", reason="needs dask.distributed, an optional package")
    cluster = Cluster(tmp_path_factory.mktemp("dask"))
    try:
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture
def cluster(shared_cluster, monkeypatch):
    """A dask scheduler and two workers, which all tests share; what a test has ended is there again."""
    monkeypatch.setattr(pools, "LOOK_SECONDS", 0.2)
    monkeypatch.setattr(dask_link, "CONNECT_SECONDS", 2.0)
    monkeypatch.setattr(pools, "LONGEST_PAUSE_SECONDS", 0.5)
    monkeypatch.setattr(pools, "EMPTY_SECONDS", 1.0)
    monkeypatch.setenv("LWFAST_TEST_GATE", str(shared_cluster.gate))
    shared_cluster.gate.unlink(missing_ok=True)
    shared_cluster.start(2)
    return shared_cluster
