"""The dashboard in a real browser."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

import lwfast as lw
from lwfast import remote
from tests.scheduler.browser import PHONE, axe_source, violations, what_sticks_out
from tests.scheduler.harness import TOKEN, make_settings, running
from tests.scheduler.real_runner import SLEEPS as SLEEPS_REALLY
from tests.scheduler.runners import REFUSED, SLEEPS

HOSTILE = "<img src=x onerror=\"document.title='gone'\"><script>alert(1)</script>"


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A scheduler that emulates, with a job of every kind; `.ids` has them by name."""
    settings = make_settings(
        tmp_path_factory.mktemp("lab"), runner="tests.scheduler.real_runner:real_or_slow", workers=2
    )
    with running(settings) as api:
        client = remote.Client(f"{api.root}api/", TOKEN)
        qpu = client.qpu("Artemis")
        phase, tilt = lw.Parameter(0.0, label="phase"), lw.Parameter(0.5, label="tilt")
        circuit = lw.PhotonicCircuit(2)
        circuit.bs(0)
        circuit.ps(0, phase)
        circuit.bs(0, reflectivity=tilt)
        sampler = lw.Sampler(circuit, lw.State([1, 0]), 500)
        wide = lw.Sampler(
            lw.Unitary(lw.random_unitary(20, seed=1)), lw.State([1] * 4 + [0] * 16), 2000, min_detection=4
        )
        gate = lw.Sampler(lw.qubit.CNOT_Heralded(), lw.State([0, 1, 0, 1]), 3000, min_detection=2)
        grid = {phase: np.linspace(0, np.pi, 5), tilt: [0.25, 0.5, 0.75]}
        jobs = {
            "small": qpu.run(
                lw.Sampler(lw.Unitary(lw.random_unitary(4, seed=3)), lw.State([1, 1, 0, 0]), 5000)
            ),
            "wide": qpu.run(wide, job_name="w" * 300),
            "heralded": qpu.run(gate, job_name="heralded gate"),
            "line": qpu.run(lw.Sweep(sampler, {phase: np.linspace(0, np.pi, 9)}), job_name="line"),
            "grid": qpu.run(lw.Sweep(sampler, grid, grid=True), job_name="grid"),
        }
        for job in jobs.values():
            job.result(timeout=120)
        api.ids = {name: job.job_id for name, job in jobs.items()}
        api.ids["hostile"] = api.submit(job_name=HOSTILE, n_samples=SLEEPS_REALLY)
        api.cancel(api.ids["hostile"])
        for _ in range(50):  # so that places in the queue have two digits
            api.ids["waiting"] = api.submit(n_samples=SLEEPS_REALLY, job_name="long")
        api.client = client
        yield api


PATHS = {
    "jobs": "/",
    "nothing": "/?q=nothing",
    "queue": "/?show=queue",
    "small": "/jobs/{small}",
    "typed": "/jobs/{small}?rules=n%5B0%5D+%3D%3D+1",
    "fault": "/jobs/{small}?rules=n%5B",
    "wide": "/jobs/{wide}",
    "heralded": "/jobs/{heralded}",
    "line": "/jobs/{line}",
    "grid": "/jobs/{grid}",
    "hostile": "/jobs/{hostile}",
    "waiting": "/jobs/{waiting}",
    "qpus": "/qpus",
    "qpu": "/qpus/1",
    "none": "/jobs/999999",
}


def test_token_is_asked_for_and_checked(api, open_page):
    page = open_page(api, signed_in=False)
    page.get_by_label("Token").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_text("does not know this token").wait_for()
    assert page.is_hidden("#page")
    page.get_by_label("Token").fill(TOKEN)
    page.keyboard.press("Enter")
    page.wait_for_selector("#page h1")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_selector("#sign-in", state="visible")
    assert page.evaluate("sessionStorage.length") == 0
    assert page.inner_html("#page") == ""


def test_token_from_the_link_leaves_the_address(api, open_page):
    page = open_page(api, "/?show=queue")
    assert page.url == f"{api.root}?show=queue"
    page.reload()
    page.wait_for_selector("#page h1")
    assert page.complaints == []
    assert page.context.cookies() == []


def test_names_are_text(api, open_page):
    """A job's name that looks like markup is shown as it is, in the list and on its page."""
    job_id = api.submit(job_name=HOSTILE, n_samples=REFUSED)
    api.wait(job_id)
    page = open_page(api)
    link = page.locator(f"[data-job='{job_id}'] a")
    assert link.inner_text() == HOSTILE
    link.click()
    page.get_by_role("heading", level=1).get_by_text(HOSTILE).wait_for()
    assert "not like this" in page.inner_text(".notes")
    assert page.title() == f"Job {job_id}: {HOSTILE} · lwfast scheduler"
    assert page.locator("main img, main script").count() == 0
    assert page.complaints == []


def test_changes_appear_by_themselves(api, open_page):
    page = open_page(api)
    job_id = api.submit(n_samples=SLEEPS, job_name="long")
    row = page.locator(f"[data-job='{job_id}']")
    row.get_by_text("Running").wait_for()
    row.get_by_role("button", name="Cancel").click()
    row.get_by_text("Cancelled").wait_for()
    assert api.status(job_id) == "Cancelled"


def test_a_job_page_becomes_that_of_a_finished_job(api, open_page):
    first, job_id = api.submit(n_samples=SLEEPS), api.submit(job_name="next")
    api.wait(first, {"Running"})
    page = open_page(api, f"/jobs/{job_id}")
    page.get_by_text("no. 1 in the queue").wait_for()
    api.cancel(first)
    page.get_by_role("heading", name="Result").wait_for()
    page.get_by_role("button", name="Run again").click()
    page.wait_for_url(lambda url: not url.endswith(f"/{job_id}"))
    again = int(page.url.rsplit("/", 1)[1])
    page.get_by_role("heading", name="Result").wait_for()
    assert api.get(f"v1/jobs/{again}/payload").content == api.get(f"v1/jobs/{job_id}/payload").content
    assert page.complaints == []


def test_the_list_is_searched_while_one_types(lab, open_page):
    page = open_page(lab)
    page.get_by_label("Name or id").press_sequentially("herald")
    page.locator("[data-job]").nth(1).wait_for(state="detached")
    assert page.url.endswith("?q=herald")
    assert page.evaluate("document.activeElement.name") == "q"
    page.get_by_label("Name or id").fill("")
    page.get_by_label("Created from").fill("2001-01-01T00:00")
    page.wait_for_url(lambda url: "since=2" in url)
    page.get_by_label("Until").fill("2001-01-02T00:00")
    page.get_by_text("No job matches").wait_for()
    page.get_by_role("link", name="Show all").click()
    page.wait_for_selector("[data-job]")
    page.go_back()
    page.get_by_text("No job matches").wait_for()
    assert page.get_by_label("Until").input_value() == "2001-01-02T00:00"
    assert page.complaints == []


def test_rules_are_tried_while_one_types(lab, open_page):
    result = lab.client.job(lab.ids["small"]).result(timeout=30)
    page = open_page(lab, f"/jobs/{lab.ids['small']}")
    field = page.get_by_label("Post-selection")
    field.press_sequentially("n[0] == ")
    page.get_by_text("A number of photons is expected").wait_for()
    assert page.get_attribute("#outcome", "data-stale") is not None
    field.press_sequentially("1")
    kept = result.apply_post_selection([((0,), (1,))])
    page.get_by_text(f"{kept.n_samples:,} samples left").wait_for()
    assert page.get_attribute("#outcome", "data-stale") is None
    assert page.evaluate("document.activeElement.name") == "rules"
    top = kept.top(1)
    state, count = next(iter(top.items()))
    first = page.locator(".main .bars tbody tr").first.inner_text().split()
    assert first[:2] == [f"|{','.join(map(str, state))}⟩", f"{count:,}"]
    assert "apply_post_selection([((0,), (1,))])" in page.inner_text("#python")
    with page.expect_download() as saved:
        page.get_by_role("link", name="NPZ").click()
    assert saved.value.suggested_filename == f"job-{lab.ids['small']}-selected.npz"
    path = saved.value.path().rename(saved.value.path().with_suffix(".npz"))
    assert dict(lw.load_result(path)) == dict(kept)
    page.reload()
    page.get_by_text(f"{kept.n_samples:,} samples left").wait_for()
    assert page.complaints == []


def test_sliders_move_through_a_grid(lab, open_page):
    page = open_page(lab, f"/jobs/{lab.ids['grid']}")
    assert page.locator(".sweep .legend tr").count() > 1
    slider = page.get_by_role("slider")
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.get_by_text("tilt = 0.5").wait_for()
    assert page.evaluate("document.activeElement.type") == "range"
    page.keyboard.press("ArrowRight")
    page.get_by_text("tilt = 0.75").wait_for()
    page.locator("[name=along]").select_option("tilt")
    page.get_by_text("phase = 0").first.wait_for()
    page.locator("[name=of]").select_option("Mean photons by mode")
    page.locator(".legend").get_by_text("mode 1").wait_for()
    assert page.complaints == []


def test_everything_is_reached_by_keyboard(lab, open_page):
    """From the address to the result of a job and back, without a mouse."""
    page = open_page(lab, "/?q=heralded+gate")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "page"
    for _ in range(40):  # a field of date and time has a stop for each part
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "heralded gate":
            break
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Result").wait_for()
    assert page.evaluate("document.activeElement.id") == "page"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Jobs"
    reached = set()
    for _ in range(25):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.name || document.activeElement.textContent.trim()"))
    assert {"Run again", "data", "rules", "JSON", "Parquet", "NPZ", "Copy", "Payload as JSON"} <= reached
    page.locator(".back a").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-job]")


def test_focus_and_text_stay_while_the_list_changes(lab, open_page):
    page = open_page(lab, "/?q=long")
    button = page.locator(f"[data-cancel='{lab.ids['waiting'] - 1}']")
    button.focus()
    lab.cancel(lab.ids["waiting"])
    page.locator(f"[data-job='{lab.ids['waiting']}']").get_by_text("Cancelled").wait_for()
    assert page.evaluate("document.activeElement.dataset.cancel") == str(lab.ids["waiting"] - 1)


@pytest.mark.parametrize("name", PATHS)
def test_a_phone_shows_all(lab, open_page, name):
    """At 390 pixels nothing is cut and nothing needs scrolling sideways."""
    page = open_page(lab, PATHS[name].format(**lab.ids), viewport=PHONE, has_touch=True)
    assert what_sticks_out(page) == []


def test_a_phone_shows_places_in_the_queue(lab, open_page):
    page = open_page(lab, "/?show=queue", viewport=PHONE)
    place = page.locator(".position").first
    assert re.fullmatch(r"no\. \d\d in the queue", place.inner_text())
    assert place.bounding_box()["x"] + place.bounding_box()["width"] <= PHONE["width"]
    cancel = page.locator("[data-cancel]").first.bounding_box()
    assert cancel["x"] + cancel["width"] <= PHONE["width"]


def test_the_check_of_widths_can_fail(lab, open_page):
    page = open_page(lab, viewport=PHONE)
    page.locator("#page h1").evaluate("element => { element.textContent = 'w'.repeat(90); }")
    page.locator("#page h1").evaluate("element => element.style.setProperty('white-space', 'nowrap')")
    page.locator("#page h1").evaluate("element => element.style.setProperty('overflow-wrap', 'normal')")
    assert what_sticks_out(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", [*PATHS, "sign in"])
def test_axe_finds_nothing(lab, open_page, name, scheme):
    """Names, roles, contrasts and order of a page, as axe-core checks them, wide and on a phone."""
    source = axe_source()
    signed_in = name != "sign in"
    path = PATHS[name].format(**lab.ids) if signed_in else "/"
    page = open_page(lab, path, signed_in=signed_in, color_scheme=scheme)
    if not signed_in:
        page.get_by_label("Token").wait_for()
    found = violations(page, source)
    page.set_viewport_size(PHONE)
    assert found + violations(page, source) == []


def test_the_check_with_axe_can_fail(lab, open_page):
    source = axe_source()
    page = open_page(lab)
    page.evaluate("document.querySelector('#search [name=q]').parentElement.firstChild.remove()")
    page.evaluate("document.querySelector('#search [name=q]').removeAttribute('placeholder')")
    assert any("label" in violation for violation in violations(page, source))


def test_the_policy_is_kept_and_holds(lab, open_page):
    """No page needs anything that the policy forbids, and what it forbids does not run."""
    for path in PATHS.values():
        page = open_page(lab, path.format(**lab.ids))
        page.wait_for_timeout(100)
        expected = 1 if path.endswith("999999") else 0  # the browser notes the answer 404 itself
        assert len(page.complaints) == expected, page.complaints
        page.close()
    page = open_page(lab)
    markup = '<img src=x onerror="window.ran = 1"><p style="color: red">'
    page.evaluate("markup => document.body.insertAdjacentHTML('beforeend', markup)", markup)
    page.wait_for_timeout(300)
    assert page.evaluate("window.ran") is None
    assert any("Content Security Policy" in complaint for complaint in page.complaints)


def test_a_tab_that_nobody_sees_waits_for_nothing(api, open_page):
    """A browser opens six connections to a scheduler for all tabs; the seventh tab has to work too."""
    page = open_page(api)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    hide = (
        "is => { Object.defineProperty(document, 'hidden', {value: is, configurable: true});"
        " document.dispatchEvent(new Event('visibilitychange')); }"
    )
    page.evaluate(hide, True)
    page.wait_for_timeout(600)
    asked.clear()
    job_id = api.submit(job_name="while nobody looks")
    api.wait(job_id)
    page.wait_for_timeout(600)
    assert asked == []
    page.evaluate(hide, False)
    page.locator(f"[data-job='{job_id}']").get_by_text("Completed").wait_for()


def test_a_scheduler_that_ends_is_noticed(tmp_path, open_page):
    with running(make_settings(tmp_path)) as api:
        page = open_page(api)
    page.get_by_text("The scheduler does not answer; trying again.").wait_for()
    assert page.get_by_role("heading", name="Jobs").is_visible()


def test_what_the_browser_keeps(lab, open_page):
    page = open_page(lab, f"/jobs/{lab.ids['small']}")
    kept = json.loads(page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])"))
    assert kept == [{}, {"lwfast-token": TOKEN}]
    assert TOKEN not in page.content()
