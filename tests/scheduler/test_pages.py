"""The dashboard's pages as HTML, without a browser."""

from __future__ import annotations

import asyncio
import io
import json
import math
import shutil
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

import lwfast as lw
from lwfast import remote
from lwfast.scheduler.web.pages import charts, page_html, page_routes, stored_results
from lwfast.scheduler.web.pages.payload_view import payload_view
from tests.scheduler.harness import Api, make_settings, payload, running
from tests.scheduler.runners import LARGE, REFUSED, SLEEPS

HOSTILE = "<img src=x onerror=\"document.title='gone'\"></title><script>alert(1)</script>{{ 7 * 7 }}&amp;'"
VOID = {"meta", "link", "input", "img", "br", "wbr"}
SELECTED = {"post_select": [[[0, 1], [1]]], "herald": [[[3], [0]]]}


class Page(HTMLParser):
    """Elements and text of a fragment; refuses tags that do not fit each other, and markup nobody wrote."""

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.text, self.elements = [], [], [], []
        self.feed(text)
        assert self.open == []
        assert len(self.ids) == len(set(self.ids)), "an id stands twice"

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        assert tag not in {"script", "style", "iframe", "object", "img"}
        assert not any(name.startswith("on") or name == "style" for name in attributes), attributes
        self.elements.append((tag, attributes))
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)

    @property
    def words(self):
        return " ".join("".join(self.text).split())


def page(api, path, status=200, **query):
    answer = api.get(f"v1/pages/{path}", params=query)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    return Page(answer.text)


@pytest.fixture(scope="module")
def done(api):
    """A finished job of three modes with rules and a herald in a fourth."""
    job_id = api.submit(
        n_modes=4, photons=1, job_name="with rules", n_samples=4000, job_data=SELECTED, min_detection=1
    )
    api.wait(job_id)
    return job_id


def test_pages_need_the_token(api, done):
    for path in (
        "jobs",
        f"jobs/{done}",
        f"jobs/{done}/outcome",
        f"jobs/{done}/download/json",
        "qpus",
        "qpus/1",
    ):
        answer = requests.get(f"{api.root}api/v1/pages/{path}", timeout=30)
        assert answer.status_code == 401, path
    answer = requests.post(f"{api.root}api/v1/pages/jobs/{done}/run-again", timeout=30)
    assert answer.status_code == 401


@pytest.mark.parametrize("path", ["", "jobs/1", "jobs/x", "qpus", "qpus/1"])
def test_the_frame_is_the_same_for_everybody(api, path):
    frame = requests.get(api.root + path, timeout=30)
    assert frame.status_code == 200
    assert frame.content == requests.get(api.root, timeout=30).content
    assert "script-src 'self'" in frame.headers["Content-Security-Policy"]
    assert "unsafe" not in frame.headers["Content-Security-Policy"]


def test_hostile_names_stay_text(api):
    job_id = api.submit(job_name=HOSTILE, n_samples=REFUSED)
    api.wait(job_id)
    for path in ("jobs", f"jobs/{job_id}"):
        assert " ".join(HOSTILE.split()) in page(api, path).words
    assert " ".join(HOSTILE.split()) in page(api, "jobs", q=HOSTILE[:200]).words


def test_hostile_queries_stay_text(api, done):
    for path in ("jobs", f"jobs/{done}", f"jobs/{done}/outcome"):
        found = page(api, path, q=HOSTILE, rules=HOSTILE, qpu=HOSTILE, data=HOSTILE)
        assert not any(attributes.get("src") for _, attributes in found.elements)


def test_lists_are_narrowed(api, done):
    other = api.submit(job_name="Zebra 100%", n_samples=SLEEPS)
    try:
        assert "Zebra" in page(api, "jobs", q="zEBRA*").words
        assert "Zebra" in page(api, "jobs", q=f"#{other}").words
        assert "with rules" not in page(api, "jobs", q="zebra").words
        assert "No job matches" in page(api, "jobs", q="no such job").words
        assert "No job matches" in page(api, "jobs", until="2001-01-01T00:00").words
        assert "Zebra" in page(api, "jobs", since="2001-01-01T00:00Z", q="zebra").words
        assert "Zebra" in page(api, "jobs", since="0500-01-01", q="zebra").words
        assert "No job matches" in page(api, "jobs", until="0500-01-01", q="zebra").words
        assert "Zebra" not in page(api, "jobs", show="history").words
        assert "Zebra" in page(api, "jobs", qpu="Artemis").words
        assert "No job matches" in page(api, "jobs", qpu="Nobody").words
    finally:
        api.cancel(other)
    assert "Zebra" in page(api, "jobs", show="not-completed", q="zebra").words


@pytest.mark.parametrize(
    "query", [{"since": "yesterday"}, {"show": "some"}, {"before": "x"}, {"q": "a" * 201}]
)
def test_lists_say_what_cannot_be_asked(api, query):
    answer = api.get("v1/pages/jobs", params=query)
    assert answer.status_code == 400
    assert set(api.errors(answer)) == set(query)


def test_older_jobs_are_a_page_away(api):
    for number in range(51):
        last = api.submit(job_name=f"older {number}")
    api.wait(last)
    first = page(api, "jobs", q="older *")
    older = next(
        attributes["href"] for _, attributes in first.elements if attributes.get("data-key") == "older"
    )
    assert sum("data-job" in attributes for _, attributes in first.elements) == 50
    second = api.get("v1/pages/jobs" + older.removeprefix("/"))
    assert "older 0" in Page(second.text).words
    assert sum("data-job" in attributes for _, attributes in Page(second.text).elements) == 1


def test_job_page_shows_result_payload_and_log(api, done):
    found = page(api, f"jobs/{done}")
    result = remote.Client(f"{api.root}api/", "test-token").job(done).result(timeout=30)
    assert f"{result.n_samples:,} samples, {len(result)} outcomes, 3 modes" in found.words
    for state, count in result.items():
        assert f"|{','.join(map(str, state))}⟩ {count:,}" in found.words
    assert "n[0] + n[1] == 1" in found.words
    assert "n[3] == 0" in found.words
    assert "one photon in mode 0" in found.words
    assert "Job status updated to Completed" in found.words
    assert f"remote.job({done})" in found.words
    classes = [attributes.get("class") for _, attributes in found.elements]
    assert classes.count("photon") == 1
    assert classes.count("vacuum") == 3
    assert classes.count("disc") == 16
    assert classes.count("herald") == 1


def test_rules_are_tried(api, done):
    """What a page says of typed rules is what `apply_post_selection` gives."""
    client = remote.Client(f"{api.root}api/", "test-token")
    result = client.job(done).result(timeout=30)
    kept = result.apply_post_selection([((0,), (1,))])
    found = page(api, f"jobs/{done}/outcome", rules="n[0] == 1")
    share = f"{100 * kept.n_samples / result.n_samples:.2f} %"
    assert f"{kept.n_samples:,} samples left, {share} of those before." in found.words
    assert "result.apply_post_selection([((0,), (1,))])" in found.words
    measured = page(api, f"jobs/{done}/outcome", rules="n[3] == 1", data="measured")
    assert f"{result.raw_data[lw.State([0, 0, 0, 1])]:,} samples left" in measured.words
    assert "result = result.raw_data" in measured.words
    nothing = page(api, f"jobs/{done}/outcome", rules="n == 5")
    assert "No sample meets these rules." in nothing.words
    fault = page(api, f"jobs/{done}/outcome", rules="n[0] = ")
    assert "A number of photons is expected" in fault.words
    assert "outcome" not in fault.ids


@pytest.mark.parametrize("form", ["json", "parquet", "npz"])
@pytest.mark.parametrize("query", [{}, {"rules": "n[0] == 1"}, {"data": "measured"}])
def test_downloads_are_what_the_page_shows(api, done, tmp_path, form, query):
    answer = api.get(f"v1/pages/jobs/{done}/download/{form}", params=query)
    assert answer.status_code == 200
    name = answer.headers["Content-Disposition"].split('"')[1]
    assert name == f"job-{done}{'-selected' if 'rules' in query else ''}.{form}"
    (tmp_path / name).write_bytes(answer.content)
    loaded = lw.load_result(tmp_path / name)
    wanted = remote.Client(f"{api.root}api/", "test-token").job(done).result(timeout=30)
    if "rules" in query:
        wanted = wanted.apply_post_selection([((0,), (1,))])
    if "data" in query:
        wanted = wanted.raw_data
    assert dict(loaded) == dict(wanted)
    if form == "parquet":
        import pyarrow.parquet

        assert pyarrow.parquet.read_table(io.BytesIO(answer.content)).num_rows == len(wanted)
        assert loaded.metadata["job_id"] == done


def test_downloads_that_cannot_be(api, done):
    assert "form" in api.errors(api.get(f"v1/pages/jobs/{done}/download/exe"))
    assert "rules" in api.errors(api.get(f"v1/pages/jobs/{done}/download/json", params={"rules": "n["}))
    refused = api.submit(n_samples=REFUSED)
    api.wait(refused)
    answer = api.get(f"v1/pages/jobs/{refused}/download/json")
    assert answer.status_code == 400
    assert "without results" in api.errors(answer)["results"]


def test_payload_is_a_file(api, done):
    answer = api.get(f"v1/pages/jobs/{done}/payload")
    assert answer.json() == payload(n_modes=4, job_name="with rules", n_samples=4000, job_data=SELECTED)
    assert f'filename="job-{done}-payload.json"' in answer.headers["Content-Disposition"]


def test_run_again_makes_one_job(api, done):
    """The new job has the payload of the old one; the same key makes no third."""
    headers = {"Idempotency-Key": f"again {done}"}
    first = api.post(f"v1/pages/jobs/{done}/run-again", headers=headers)
    assert first.status_code == 202
    second = api.post(f"v1/pages/jobs/{done}/run-again", headers=headers)
    assert second.json()["jobId"] == first.json()["jobId"] != done
    new = first.json()["jobId"]
    api.wait(new)
    assert api.get(f"v1/jobs/{new}/payload").content == api.get(f"v1/jobs/{done}/payload").content
    assert api.post("v1/pages/jobs/999999/run-again").status_code == 404


def test_large_results_are_not_shown(api, monkeypatch):
    """A result that would take too much memory is left to Python, and the page says so."""
    monkeypatch.setattr(stored_results, "LARGEST_BODY", 1000)
    job_id = api.submit(n_samples=LARGE)
    api.wait(job_id)
    found = page(api, f"jobs/{job_id}")
    assert "pages show up to" in found.words
    assert f"remote.job({job_id})" in found.words
    assert api.get(f"v1/pages/jobs/{job_id}/download/json").status_code == 413


def test_results_that_are_kept_are_bounded(monkeypatch):
    """The results that were looked at last stay decoded, up to a number of bytes, and no others."""
    asked = []

    async def result(job_id):
        asked.append(job_id)
        return lw.encode_result(np.arange(40, dtype=np.uint8).reshape(10, 4), np.ones(10, np.int64))

    results = stored_results.StoredResults(SimpleNamespace(result=result))
    jobs = [SimpleNamespace(id=k, name="", qpu="", created="") for k in range(4)]
    monkeypatch.setattr(stored_results, "BUDGET", 2 * (40 + 80))

    async def look():
        for k in (0, 0, 1, 0, 2, 0, 1):
            shown = await results.get(jobs[k])
            assert shown.n_samples == 10
        # Each is read once, but for the one that two others have pushed out.
        assert asked == [0, 1, 2, 1]
        monkeypatch.setattr(stored_results, "BUDGET", 0)
        await asyncio.gather(*(results.get(job) for job in jobs))
        assert len(results._kept) == 1

    asyncio.run(look())


def test_pages_of_jobs_without_a_result(api):
    waits = api.submit(n_samples=SLEEPS, job_name="slow")
    behind = api.submit(job_name="behind it")
    try:
        api.wait(waits, {"Running"})
        assert "Cancel job" in page(api, f"jobs/{waits}").words
        found = page(api, f"jobs/{behind}")
        assert "no. 1 in the queue" in found.words
        assert ("div", str(behind)) in [(tag, a.get("data-follow")) for tag, a in found.elements]
        assert api.get(f"v1/pages/jobs/{behind}/outcome").status_code == 404
    finally:
        api.cancel(waits)
    found = page(api, f"jobs/{waits}")
    assert "Cancelled" in found.words
    assert "Run again" in found.words


def test_a_job_that_ends_while_its_page_is_written_is_shown_as_it_was(tmp_path, monkeypatch):
    with running(make_settings(tmp_path)) as api:
        first, job_id = api.submit(n_samples=SLEEPS), api.submit()
        api.wait(first, {"Running"})

        def view(body):  # on a thread of the scheduler
            other = Api(api.root)
            other.cancel(first)
            other.wait(job_id)
            return payload_view(body)

        monkeypatch.setattr(page_routes, "payload_view", view)
        found = page(api, f"jobs/{job_id}").words
        assert "no. 1 in the queue" in found
        assert "Cancel job" in found
        assert "Job status updated to Completed" not in found
        assert "Run again" in page(api, f"jobs/{job_id}").words


def test_qpu_pages(api, done):
    assert "Artemis" in page(api, "qpus").words
    found = page(api, "qpus/1").words
    assert "1,000,000" in found
    assert "10,000 at filter 4" in found
    assert "Ideal: a perfect source" in found
    assert "Finished in 24 hours" in found
    assert api.get("v1/pages/qpus/77").status_code == 404
    assert api.get("v1/pages/jobs/999999").status_code == 404


def test_a_load_that_is_not_counted_to_its_end_says_so(tmp_path, monkeypatch):
    with running(make_settings(tmp_path)) as api:
        for _ in range(4):
            api.wait(api.submit())
        assert "Finished in 24 hours4" in page(api, "qpus/1").words
        monkeypatch.setattr(page_routes, "LOOKED_AT", 4)
        assert "more" not in page(api, "qpus/1").words
        monkeypatch.setattr(page_routes, "LOOKED_AT", 3)
        found = page(api, "qpus/1").words
        assert "Finished in 24 hoursmore than 3" in found
        assert "more than 3 jobs altogether" in found
        assert "Medians and hours are of the latest 3 jobs of all QPUs" in found


QPUS = """
[[qpus]]
id = 1
name = "Artemis <b>"
n_modes = 3
max_photon_input = 3
max_detection_filter = 3
default_max_samples = 1000
available = false
[qpus.hardware]
loss = [0.1, 0.25, 0.3]
[qpus.hardware.source]
brightness = 0.6
[qpus.hardware.detector]
efficiency = [0.8, 0.85, 0.9]
photon_counting = false
"""


def test_hardware_is_shown(tmp_path):
    from lwfast.scheduler.qpus import parse_qpus

    with running(make_settings(tmp_path, qpus=parse_qpus(QPUS, "test"))) as api:
        api.submit(qpu="Artemis <b>", n_modes=3)
        found = page(api, "qpus/1").words
        for said in (
            "Artemis <b>",
            "Offline",
            "Waiting1",
            "Brightness: 0.6",
            "0.8 to 0.9, by mode",
            "0.250",
        ):
            assert said in found
        assert "Resolves photon numbers: no" in found
        assert "no. 1 in the queue" in page(api, "jobs", show="queue").words


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """A scheduler that emulates, with a sweep along a line and one of a grid."""
    settings = make_settings(tmp_path_factory.mktemp("sweeps"), runner="lwfast.emulator.raw:run_raw")
    with running(settings) as api:
        client = remote.Client(f"{api.root}api/", "test-token")
        phase, tilt = lw.Parameter(0.0, label="phase"), lw.Parameter(0.5, label="<tilt>")
        circuit = lw.PhotonicCircuit(2)
        circuit.bs(0)
        circuit.ps(0, phase)
        circuit.bs(0, reflectivity=tilt)
        sampler = lw.Sampler(circuit, lw.State([1, 0]), 500)
        line = client.qpu("Artemis").run(lw.Sweep(sampler, {phase: np.linspace(0, np.pi, 9)}))
        values = {phase: np.linspace(0, np.pi, 5), tilt: [0.25, 0.5, 0.75]}
        grid = client.qpu("Artemis").run(lw.Sweep(sampler, values, grid=True))
        api.line, api.grid = (job.result(timeout=120) for job in (line, grid))
        api.line_id, api.grid_id = line.job_id, grid.job_id
        yield api


def test_sweeps_are_charts(swept):
    found = page(swept, f"jobs/{swept.line_id}")
    shares = swept.line.probabilities([lw.State([1, 0])])[:, 0]
    assert "9 settings, 4,500 samples" in found.words
    place = swept.line.settings[int(shares.argmax()), 0]
    assert f"up to {shares.max():.3g} at phase = {place:.4g}" in found.words
    assert "9 values from 0 to 3.142" in found.words
    lines = [a for tag, a in found.elements if tag == "path" and a["class"].startswith("line")]
    assert len(lines) == 2
    assert all(a["d"].count("L") == 8 for a in lines)
    photons = page(swept, f"jobs/{swept.line_id}/outcome", of="photons").words
    assert "mode 1" in photons
    kept = page(swept, f"jobs/{swept.line_id}/outcome", of="kept", rules="n[0] == 1").words
    assert f"up to {shares.max():.3g} at phase = {place:.4g}" in kept


def test_grids_hold_the_other_parameters(swept):
    found = page(swept, f"jobs/{swept.grid_id}")
    assert "5 settings, 2,500 samples" in found.words
    assert "<tilt> = 0.25" in found.words
    along = page(swept, f"jobs/{swept.grid_id}/outcome", along="1", at0="4").words
    assert "3 settings, 1,500 samples" in along
    assert "phase = 3.142" in along
    far = page(swept, f"jobs/{swept.grid_id}/outcome", along="99", at1="99999", of="nothing").words
    assert "<tilt> = 0.75" in far


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "values",
    [
        [1e17],
        [1e17, 1e17],
        [1e300, 1e300],
        [-1e308, 1e308],
        [-1.7976931348623157e308, 1.7976931348623157e308],
        [1.7976931348623157e308],
        [0.0, 5e-324],
        [5e-324],
        [1e17, 1e17 + 16],
        [1.0, np.nextafter(1.0, 2.0)],
        [0.0, 1e-13],
        [0.0],
    ],
)
def test_any_values_of_a_parameter_are_drawn(values):
    """All points are on the drawing, and no two marks say the same."""
    check_chart(values)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=5))
def test_any_finite_values_of_a_parameter_are_drawn(values):
    check_chart(values)


def check_chart(values):
    shares = np.full((len(values), 1), 0.5)
    chart = charts.line_chart(np.array(values), ["a"], shares, shares / 10, "x")
    assert len(chart.lines[0].marks) == len(values)
    places = [place for place, _ in chart.lines[0].marks]
    assert places == sorted(places)
    assert all(charts.LEFT <= place <= charts.WIDTH - charts.RIGHT for place in places)
    assert all(charts.LEFT <= tick.place <= charts.WIDTH - charts.RIGHT for tick in chart.across)
    assert len({tick.label for tick in chart.across}) == len(chart.across)
    assert all(math.isfinite(float(tick.label)) for tick in chart.across)
    assert "nan" not in chart.lines[0].path + chart.lines[0].band
    if min(values) < max(values):
        assert places[0] < places[-1]
        assert not (chart.is_ordered and chart.across)


def test_values_too_close_for_an_axis_stand_in_their_order(swept, monkeypatch):
    monkeypatch.setattr(charts, "_LEAST_SPAN", 10.0)
    found = page(swept, f"jobs/{swept.line_id}").words
    assert "settings stand in their order" in found


def test_a_chart_that_fails_takes_nothing_else_along(swept, monkeypatch):
    def fails(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(page_routes, "sweep_view", fails)
    found = page(swept, f"jobs/{swept.line_id}", rules="n[0] == 1")
    assert "cannot be drawn" in found.words
    assert "Job status updated to Completed" in found.words
    assert "9 values from 0 to 3.142" in found.words
    assert f"remote.job({swept.line_id})" in found.words
    assert "NPZ" in found.words


@pytest.mark.parametrize("form", ["json", "parquet", "npz"])
def test_sweeps_are_downloaded(swept, tmp_path, form):
    answer = swept.get(f"v1/pages/jobs/{swept.line_id}/download/{form}", params={"rules": "n[0] == 1"})
    assert answer.status_code == 200, answer.text
    path = tmp_path / f"sweep.{form}"
    path.write_bytes(answer.content)
    loaded = lw.load_result(path)
    wanted = swept.line.post_select([((0,), (1,))])
    assert np.array_equal(loaded.counts, wanted.counts)
    assert np.array_equal(loaded.settings, wanted.settings)


def test_results_without_samples(swept):
    nothing = page(swept, f"jobs/{swept.line_id}/outcome", rules="n == 9").words
    assert "No samples." in nothing
    assert "no sample meets" in nothing.lower()


def test_meta_of_a_log_is_text(api):
    """What a log's entries hold is written as JSON, and as text."""
    from tests.scheduler.runners import DOES_NOT_FIT

    job_id = api.submit(n_samples=DOES_NOT_FIT)
    api.wait(job_id)
    logs = api.details(job_id)["logs"]
    found = page(api, f"jobs/{job_id}").words
    assert json.dumps(logs[-1]["meta"]["CompilationErrors"][0]["Message"]) in found


def test_an_update_in_place_changes_no_page_of_a_running_scheduler(tmp_path, monkeypatch):
    """Templates come from memory from the start on, so that those of another version never meet old code."""
    package = tmp_path / "package"
    shutil.copytree(Path(page_html.__file__).parent / "templates", package / "templates")
    found = resources.files

    def files(name):
        return package if name == "lwfast.scheduler.web.pages" else found(name)

    page_html._environment.cache_clear()
    try:
        with monkeypatch.context() as patch:
            patch.setattr(resources, "files", files)
            with running(make_settings(tmp_path / "data")) as api:
                assert page_html._environment.cache_info().currsize == 1
                for template in (package / "templates").iterdir():
                    template.write_text("{{ of_another_version }}")
                assert "Artemis" in page(api, "qpus").words
                assert "Finished in 24 hours" in page(api, "qpus/1").words
    finally:
        page_html._environment.cache_clear()
