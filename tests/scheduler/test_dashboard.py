"""The dashboard in a real browser; left out where there is none."""

from __future__ import annotations

import shutil

import pytest

from tests.scheduler.harness import TOKEN
from tests.scheduler.runners import REFUSED, SLEEPS

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser, api):
    context = browser.new_context()
    page = context.new_page()
    page.complaints = []
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    yield page
    context.close()


def test_token_is_asked_for_and_checked(api, page):
    page.goto(api.root)
    page.fill("#token", "wrong")
    page.click("#token-form button")
    page.get_by_text("does not know this token").wait_for()
    assert page.is_hidden("#board")
    page.fill("#token", TOKEN)
    page.click("#token-form button")
    page.wait_for_selector("#board", state="visible")
    assert "Artemis" in page.inner_text("#qpus")


def test_token_from_the_link_leaves_the_address(api, page):
    page.goto(f"{api.root}#token={TOKEN}")
    page.wait_for_selector("#board", state="visible")
    assert page.url == api.root
    page.reload()
    page.wait_for_selector("#board", state="visible")
    assert page.complaints == []


def test_names_are_text(api, page):
    """A job's name that looks like markup is shown as it is, in the list and in the details."""
    name = "<img src=x onerror=\"document.title='gone'\"><script>alert(1)</script>"
    job_id = api.submit(job_name=name, n_samples=REFUSED)
    api.wait(job_id)
    page.goto(f"{api.root}#token={TOKEN}")
    row = page.locator("#jobs tr").filter(has=page.get_by_role("button", name=str(job_id), exact=True))
    assert name in row.inner_text()
    row.get_by_role("button", name=str(job_id)).click()
    page.wait_for_selector("#details", state="visible")
    assert name in page.inner_text("#details-title")
    assert "not like this" in page.inner_text("#details-facts")
    assert page.title() == "lwfast scheduler"
    assert page.locator("main img").count() == 0
    assert page.complaints == []


def test_changes_appear_by_themselves(api, page):
    page.goto(f"{api.root}#token={TOKEN}")
    page.wait_for_selector("#board", state="visible")
    job_id = api.submit(n_samples=SLEEPS, job_name="long")
    row = page.locator("#jobs tr").filter(has=page.get_by_role("button", name=str(job_id), exact=True))
    row.get_by_text("Running").wait_for(timeout=5000)
    row.get_by_role("button", name="Cancel").click()
    row.get_by_text("Cancelled").wait_for(timeout=5000)
    assert api.status(job_id) == "Cancelled"


def test_pages_of_many_jobs(api, page):
    """Only a page of jobs is in the document, and the older ones are a click away."""
    for number in range(60):
        last = api.submit(job_name=f"n{number}")
    api.wait(last)
    page.goto(f"{api.root}#token={TOKEN}")
    page.wait_for_selector("#jobs tr")
    assert page.locator("#jobs tr").count() == 50
    page.click("#older")
    page.get_by_text("Page 2").wait_for()
    assert page.is_enabled("#newer")
