from __future__ import annotations

import pytest

from tests.scheduler.browser import CHROMIUM, OPTIONS, PATIENCE_MS
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
