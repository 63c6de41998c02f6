"""What notebooks show: complete, escaped, readable on any ground, cheap, and without a request."""

from __future__ import annotations

import html
import re
import xml.etree.ElementTree as ET
from typing import Any

import numpy as np
import pytest

import lwfast as lw
from lwfast import emulator, remote
from lwfast._base.showing.html import MOST_ROWS, Markup, facts, table
from lwfast._base.showing.matrix_picture import matrix_picture
from lwfast.remote.job_path.job_and_batch import BatchJob, FoundJobs, Job, batch_of
from lwfast.remote.job_path.job_handle import job_of
from lwfast.remote.tracked import Tracked
from lwfast.results import ProbabilityDistribution, SamplingResult
from lwfast.wire import ArtemisJobDetails, ArtemisPayload, ArtemisQPU, JobRecord, Status

HOSTILE = "</td></table><script>alert('1')</script><img src=x onerror=\"x\">&amp;"
SECRET = "token-that-nobody-may-see"


def payload(name: str = "HOM", **changes: Any) -> ArtemisPayload:
    fields: dict[str, Any] = {
        "qpu": "Artemis",
        "job_name": name,
        "lightworks_version": "2.3.5",
        "n_modes": 4,
        "input": lw.State([1, 1, 0, 0]),
        "n_samples": 100_000,
        "min_detection": 2,
        "direct_implementation": False,
        "unitary": lw.random_unitary(4, seed=1),
        "job_data": {"post_select": [[[0], [1]]], "herald": []},
    }
    return ArtemisPayload(**{**fields, **changes})


def tracked(name: str, **fields: Any) -> Tracked:
    return Tracked(payload=payload(name), job_id=17, seen=Status.RUNNING, **fields)


def swept(label: str) -> tuple[lw.Sweep, Any]:
    parameter = lw.Parameter(0.3, label=label)
    circuit = lw.PhotonicCircuit(2)
    circuit.bs(0)
    circuit.ps(0, parameter)
    circuit.bs(0)
    task = lw.Sampler(circuit, lw.State([1, 1]), n_samples=50, random_seed=1)
    sweep = lw.Sweep(task, {parameter: np.linspace(0, 1, 30)})
    return sweep, emulator.Backend().run(sweep)


def objects(text: str) -> dict[str, Any]:
    """Return one object of each kind, with `text` wherever a stranger could have put it."""
    circuit = lw.PhotonicCircuit(3)
    circuit.ps(0, lw.Parameter(0.2, label=text))
    circuit.add(lw.Unitary(lw.random_unitary(2, seed=1), label=text), 1)
    sweep, result = swept(text)
    batch = lw.Batch(lw.Sampler, [[sweep.task.circuit] * 2, [lw.State([1, 1])], [10]])
    jobs = FoundJobs([job_of(Job, tracked(text)), job_of(Job, Tracked(job_id=text, told_name=text))])
    qpu = ArtemisQPU(
        name=text,
        id=1,
        n_modes=20,
        max_photon_input=8,
        max_detection_filter=8,
        default_max_samples=1_000_000,
        max_samples={5: 100_000},
        available=True,
        last_updated=text,
    )
    details = ArtemisJobDetails(
        job_id=17, job_status=Status.FAILED, notes=text, created_date=text, logs=[text]
    )
    record = JobRecord(
        job_id=17,
        job_name=text,
        qpu=text,
        job_status=Status.RUNNING,
        n_modes=4,
        n_photons=2,
        n_samples=1000,
        min_detection=2,
        seq=1,
        notes=text,
    )
    return {
        "state": lw.State([1, 0, 2]),
        "circuit": circuit,
        "counts": SamplingResult({(1, 0): 3, (0, 1): 2}),
        "distribution": ProbabilityDistribution({(1, 0): 0.5, (0, 1): 0.5}),
        "simulation": emulator.Backend().run(
            lw.Simulator(circuit, [lw.State([1, 1, 0]), lw.State([0, 1, 1])])
        ),
        "sweep": sweep,
        "sweep result": result,
        "batch results": emulator.Backend().run(batch),
        "plan": emulator.Backend().plan(sweep.task),
        "job": jobs[0],
        "jobs": jobs,
        "batch": batch_of(BatchJob, [text, "b"], jobs),
        "qpu": remote.QPU(text),
        "qpu details": qpu,
        "job details": details,
        "job record": record,
        "payload": payload(text, qpu=text, job_data={"post_select": text}),
    }


KINDS = list(objects("plain"))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_view_that_is_well_formed_and_escaped(kind: str) -> None:
    """Text of strangers is text; tags are those that the package writes."""
    shown = objects(HOSTILE)[kind]._repr_html_()
    assert "<script" not in shown
    assert "<img" not in shown
    root = ET.fromstring(shown.replace("&nbsp;", " "))
    allowed = {"div", "span", "table", "tr", "td", "th", "svg", "rect", "path", "g", "text", "circle"}
    assert {element.tag.rpartition("}")[2] for element in root.iter()} <= allowed
    for element in root.iter():
        assert not [name for name in element.attrib if name.startswith("on") or name in ("href", "src", "id")]


@pytest.mark.parametrize("kind", KINDS)
def test_views_take_the_colours_of_the_page(kind: str) -> None:
    """Text has no colour of its own, and drawings bring their own ground."""
    shown = objects("plain")[kind]._repr_html_()
    without_drawings = re.sub(r"<svg.*?</svg>", "", shown, flags=re.DOTALL)
    assert not re.search(r"(?<![-\w])color:\s*(?!inherit)", without_drawings)
    assert set(re.findall(r"background:([^;\"]+)", without_drawings)) <= {"none", "#4c8fc7"}
    for drawing in re.findall(r"<svg.*?</svg>", shown, flags=re.DOTALL):
        assert re.search(r"<svg[^>]*>\s*<rect [^>]*fill=\"#f", drawing), "a drawing begins with its ground"


def test_views_say_what_there_is() -> None:
    """The facts that a person looks for."""
    shown = {
        kind: html.unescape(re.sub(r"<[^>]+>", " ", thing._repr_html_())).replace("\xa0", " ")
        for kind, thing in objects("phase").items()
    }
    for kind, words in {
        "state": "|1,0,2⟩",
        "circuit": "PhotonicCircuit: 3 modes, 2 elements",
        "counts": "|1,0>",
        "sweep": "30 settings of a Sampler",
        "sweep result": "10 more settings",
        "batch results": "Results of 2 tasks",
        "plan": "Reason",
        "job": "Running, when last asked",
        "jobs": "2 jobs",
        "batch": "BatchJob of 2 jobs",
        "qpu": ".details asks the scheduler",
        "qpu details": "5: 100 000",
        "job details": "Failed",
        "job record": "4 modes, 2 photons, 1 000 samples",
        "payload": "100 000",
    }.items():
        assert words in shown[kind], kind


def test_showing_a_job_asks_nobody_and_tells_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """A view is made of what is known: without a scheduler it works as well."""
    monkeypatch.setenv("LWFAST_TOKEN", SECRET)
    client = remote.Client("http://127.0.0.1:9", token=SECRET, timeout=0.01)

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a view must not send a request")

    monkeypatch.setattr("requests.Session.request", refuse)
    monkeypatch.setattr("requests.Session.send", refuse)
    job = job_of(Job, tracked("HOM", url=f"http://user:{SECRET}@127.0.0.1"), client)
    shown = [job, FoundJobs([job]), batch_of(BatchJob, ["a"], [job], client), client.qpu("Artemis")]
    for thing in shown:
        assert SECRET not in thing._repr_html_()


def test_a_qpu_that_was_asked_shows_its_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Details that are known already are shown; they are not asked for."""
    client = remote.Client("http://127.0.0.1:9", token="x")
    details = objects("Artemis")["qpu details"]
    monkeypatch.setattr(client._connection, "_qpus", {"Artemis": (0.0, details, None)})
    assert "up to 20" in client.qpu("Artemis")._repr_html_()
    assert ".details asks" in client.qpu("Other")._repr_html_()


def test_large_things_are_shown_in_part() -> None:
    """A view of 10^5 outcomes, of a deep circuit or of a thousand jobs is as small as any."""
    states = np.unique(np.random.default_rng(0).integers(0, 3, (100_000, 12)), axis=0).astype(np.uint8)
    result = SamplingResult.from_columns(states, np.ones(len(states), np.int64))
    jobs = FoundJobs([job_of(Job, Tracked(job_id=k)) for k in range(1000)])
    assert f"{980} more jobs" in jobs._repr_html_()
    circuit = lw.PhotonicCircuit(2)
    for _ in range(2000):
        circuit.ps(0, 0.1)
    for thing in (result, jobs, circuit, payload(unitary=np.eye(300), n_modes=300), lw.State([1] * 5000)):
        assert len(thing._repr_html_()) < 20_000


def test_results_of_a_batch_are_still_a_list() -> None:
    """Programs that compare, index or extend it go on."""
    results = objects("x")["batch results"]
    assert isinstance(results, list)
    assert results == list(results)
    assert len(results) == 2


def test_tables_cut_and_count() -> None:
    """Rows past the limit are counted; markup is taken as it is, everything else is not."""
    shown = table("t", ["a"], ([k] for k in range(100)), n_rows=100, things="things")
    assert shown.count("<tr") == MOST_ROWS + 1
    assert f"{100 - MOST_ROWS} more things" in shown
    assert "<b>x</b>" in facts("t", [("a", Markup("<b>x</b>"))])
    assert "&lt;b&gt;" in facts("<b>", [("<b>", "<b>"), ("absent", None)])
    assert "absent" not in facts("t", [("absent", None)])
    assert len(facts("t", [("a", "x" * 10_000)])) < 1000


def test_the_picture_of_a_matrix() -> None:
    """A square for each entry that can be seen, with the colours of phases that plots use."""
    matrix = np.array([[1, 0], [0, 1j]])
    picture = matrix_picture(matrix)
    assert picture.count("<rect") == 3
    assert "#2f1436" in picture, "phase 0"
    assert "#b25652" in picture, "phase π/2 is a fourth of a turn further"
    assert matrix_picture(np.full((2, 2), np.nan)) == ""
    assert matrix_picture(np.zeros((0, 0))) == ""
