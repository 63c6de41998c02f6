"""The client beside lightworks_remote: each call against a scheduler of its own, with the same jobs.

Both give the same value and type and ask for the same things, or both raise. Where lwfast differs on purpose,
`docs/compatibility.md` has a row; those calls are not here.
"""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import lwfast
from lwfast import remote as ours
from tests.faults.fake_scheduler import TOKEN, FakeScheduler, details, qpu, results, status

lightworks = pytest.importorskip("lightworks")
theirs = pytest.importorskip("lightworks_remote")

from tests.faults.isolation import folders, quick  # noqa: E402

__all__ = ["folders", "quick"]

Call = Callable[[Any, Any], Any]


def prepare(fake: FakeScheduler) -> None:
    """Put one job of each kind into a scheduler: ids from 17770 on."""
    fake.add(status="Completed", script=[])
    fake.add(status="Scheduled", script=[], position=2)
    fake.add(status="Accepted", script=[])
    fake.add(status="Running", script=[], position=1)
    fake.add(status="Failed", script=[], notes="the laser tripped")
    fake.add(status="Cancelled", script=[])
    fake.add(status="TimedOut", script=[])
    fake.add(status="Completed", script=[], results=None)
    rules = {"post_select": [[[0], [1]]], "herald": [[[1], [0]]]}
    fake.add(status="Completed", script=[], results=results({"(1, 0, 2)": 7, "(0, 1, 2)": 5}, rules))


@pytest.fixture
def both(folders: Path, quick: None, monkeypatch: pytest.MonkeyPatch):
    """Two schedulers with the same jobs; ours for lwfast, theirs for lightworks_remote."""
    from lightworks_remote.http import artemis_interface
    from lightworks_remote.remote import job
    from lightworks_remote.utils import configuration

    short = SimpleNamespace(sleep=lambda _: time.sleep(0.001))
    for module in (artemis_interface, job):
        monkeypatch.setattr(module, "time", short)
    certificate = Path.home() / ".local/share/Aegiq/lightworks/certificate.pem"
    certificate.parent.mkdir(parents=True)
    certificate.write_text("-----BEGIN CERTIFICATE-----\n")
    with FakeScheduler() as one, FakeScheduler() as two:
        prepare(one)
        prepare(two)
        monkeypatch.setenv("LWFAST_URL", one.url)
        monkeypatch.setattr(configuration.URL, "_url", two.url)
        ours.token.set(TOKEN)
        theirs.token.set(TOKEN)
        yield one, two


def outcome(call: Call, package: Any, remote: Any) -> tuple[str, Any]:
    """What a call gives, in words that both sides share."""
    try:
        return "value", plain(call(package, remote))
    except Exception as error:
        return "raised", error


def plain(value: Any) -> Any:
    """A value with the names of its types, without the packages they come from."""
    if value is None or isinstance(value, bool | int | float | str):
        return type(value).__name__, value
    if hasattr(value, "n_photons") and hasattr(value, "s"):
        return "State", tuple(value.s)
    if hasattr(value, "raw_data"):
        return "QPUSamplingResult", {plain(key): plain(number) for key, number in value.items()}
    if isinstance(value, dict):
        return "dict", {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value).__name__, [plain(item) for item in value]
    name = type(value).__name__
    if name == "Status":
        return name, value.value
    if name in {"ArtemisQPU", "ArtemisJobDetails"}:
        fields = getattr(value, "__struct_fields__", None) or value.__dataclass_fields__
        return name, {field: plain(getattr(value, field)) for field in fields}
    return name, str(value)


def compare(call: Call) -> None:
    mine, reference = outcome(call, lwfast, ours), outcome(call, lightworks, theirs)
    if "raised" in {mine[0], reference[0]}:
        assert mine[0] == reference[0], (mine, reference)
        assert_same_error(mine[1], reference[1])
    else:
        assert mine == reference


def assert_same_error(mine: Exception, reference: Exception) -> None:
    """Ours is caught by the same `except` as theirs: it is of a class of the same name."""
    names = {kind.__name__ for kind in type(mine).__mro__}
    # The reference dispatches on types with a library whose error is a TypeError.
    expected = type(reference).__name__.replace("DispatchError", "TypeError")
    assert expected in names, (mine, reference)


def stay(both: Any, *words: str) -> None:
    """Let new jobs take this course, whoever asks how often, and stay where it ends."""
    for fake in both:
        fake.script = list(words)


IDS = list(range(17770, 17779))


@pytest.mark.parametrize(
    "call",
    [
        lambda lw, remote: remote.list_qpus(),
        lambda lw, remote: remote.get_qpu_details("Artemis"),
        lambda lw, remote: remote.get_qpu_details("Apollo"),
        lambda lw, remote: remote.QPU("Artemis").details,
        lambda lw, remote: remote.QPU(3),
        lambda lw, remote: str(remote.QPU("Artemis")),
        lambda lw, remote: remote.list_all_jobs(),
        lambda lw, remote: remote.list_scheduled_jobs(),
        lambda lw, remote: remote.get_job_status(1),
        lambda lw, remote: remote.get_job_details(1),
        lambda lw, remote: remote.get_results(1),
        lambda lw, remote: remote.cancel_job(1),
        lambda lw, remote: remote.check_job_complete(1),
        lambda lw, remote: [str(item) for item in remote.show_scheduled()["Job ID"]],
        lambda lw, remote: [str(item) for item in remote.show_scheduled()["Status"]],
        lambda lw, remote: list(remote.show_scheduled().columns),
        lambda lw, remote: remote.get_global_require_online(),
        lambda lw, remote: (remote.set_global_require_online(True), remote.get_global_require_online()),
        lambda lw, remote: remote.set_global_require_online("x"),
        lambda lw, remote: remote.saved_job_exists("nothing"),
        lambda lw, remote: remote.saved_job_exists(3),
        lambda lw, remote: remote.load_job_from_file("nothing"),
        lambda lw, remote: remote.token.get(),
        lambda lw, remote: remote.token.set(3),
        lambda lw, remote: remote.token.load("nothing"),
        lambda lw, remote: remote.token.delete_saved("nothing"),
        lambda lw, remote: remote.token.list_saved(),
        lambda lw, remote: (
            remote.token.save("a"),
            remote.token.set("b"),
            remote.token.load("a"),
            remote.token.get(),
        ),
        lambda lw, remote: (remote.token.save("a"), remote.token.save("a")),
        lambda lw, remote: (remote.token.save("a"), remote.token.save("a", overwrite=True)),
        lambda lw, remote: remote.token.save(3),
        lambda lw, remote: (remote.token.save("a"), remote.token.delete_saved("a"), remote.token.load("a")),
    ],
)
def test_functions(both, call):
    compare(call)


@pytest.mark.parametrize("job_id", [*IDS, str(IDS[0])])
@pytest.mark.parametrize(
    "call", ["get_job_status", "get_job_details", "check_job_complete", "get_results", "cancel_job"]
)
def test_functions_of_a_job(both, call, job_id):
    compare(lambda lw, remote: getattr(remote, call)(job_id))


@pytest.mark.parametrize("value", [None, "some text", 3, [], [{"meta": {}}], {"a": 1}], ids=repr)
@pytest.mark.parametrize("name", ["createdDate", "updatedDate", "logs", "userExecutionNotes"])
def test_details_of_which_something_shown_is_odd(both, name, value):
    for fake in both:
        fake.fault("GET", "jobs/17770", status(200, details(fake.jobs[17770]) | {name: value}))
    compare(lambda lw, remote: remote.get_job_details(17770))


@pytest.mark.parametrize("value", [None, 3, ["x"]], ids=repr)
def test_a_qpu_of_which_the_date_is_odd(both, value):
    for fake in both:
        fake.qpus = [qpu(lastUpdated=value)]
    compare(lambda lw, remote: remote.get_qpu_details("Artemis"))


@pytest.mark.parametrize("code", [401, 403])
def test_refused_tokens(both, code):
    for fake in both:
        fake.fault("GET", ".*", status(code))
    compare(lambda lw, remote: remote.list_qpus())


def sampler(lw: Any, **changes: Any) -> Any:
    arguments = {"circuit": lw.Unitary(lw.random_unitary(4, seed=5)), "input_state": lw.State([1, 0, 1, 0])}
    return lw.Sampler(**(arguments | {"n_samples": 100} | changes))


def heralded(lw: Any) -> Any:
    circuit = lw.PhotonicCircuit(5)
    for mode in range(4):
        circuit.bs(mode, reflectivity=0.3)
        circuit.ps(mode, 0.1 * mode)
    circuit.herald(1, 1)
    circuit.barrier()
    circuit.mode_swaps({0: 2, 2: 0})
    return circuit


def rules(lw: Any) -> Any:
    selection = lw.PostSelection()
    selection.add(0, 1)
    selection.add((1, 3), (0, 1))
    return selection


def batch(lw: Any, n_tasks: int = 3) -> Any:
    tasks = lw.Batch()
    for number in range(n_tasks):
        tasks.add(sampler(lw, n_samples=10 + number))
    return tasks


def members(job: Any) -> Any:
    payload = {**job.payload.payload}
    matrix = payload.pop("unitary")
    payload["input"] = list(payload["input"])
    return (
        job.job_id,
        job.status,
        job.complete,
        job.success,
        job.queue_position,
        str(job),
        matrix.shape,
    ), payload


def run(lw: Any, remote: Any, task: Any, *args: Any, **options: Any) -> Any:
    return remote.QPU("Artemis").run(task, *args, **options)


@pytest.mark.parametrize(
    "call",
    [
        lambda lw, remote: members(run(lw, remote, sampler(lw)))[0],
        lambda lw, remote: members(run(lw, remote, sampler(lw), job_name="Mine", options={"level": 3}))[0],
        lambda lw, remote: members(remote.QPU("Artemis")(sampler(lw), False, "Mine"))[0],
        lambda lw, remote: members(remote.QPU("Artemis").run_async(sampler(lw)))[0],
        lambda lw, remote: run(lw, remote, sampler(lw, circuit=heralded(lw))).payload.min_detection,
        lambda lw, remote: (
            run(
                lw, remote, sampler(lw, circuit=heralded(lw), post_selection=rules(lw), min_detection=1), True
            ).payload.job_data
        ),
        lambda lw, remote: run(lw, remote, batch(lw)).job_id,
        lambda lw, remote: run(lw, remote, batch(lw), job_name="Scan").names,
        lambda lw, remote: run(lw, remote, batch(lw), job_name=["a", "b", "c"]).status,
        lambda lw, remote: run(lw, remote, batch(lw)).queue_position,
        lambda lw, remote: run(lw, remote, batch(lw)).all_complete,
        lambda lw, remote: str(run(lw, remote, batch(lw))),
        # refusals
        lambda lw, remote: run(lw, remote, batch(lw), job_name=["a"]),
        lambda lw, remote: run(lw, remote, batch(lw), job_name=3),
        lambda lw, remote: run(lw, remote, sampler(lw), job_name=["a"]),
        lambda lw, remote: run(lw, remote, sampler(lw), 1),
        lambda lw, remote: run(lw, remote, "x"),
        lambda lw, remote: run(lw, remote, lw.Simulator(lw.Unitary(lw.random_unitary(2)), lw.State([1, 0]))),
        lambda lw, remote: run(lw, remote, sampler(lw, n_samples=10**7)),
        lambda lw, remote: run(lw, remote, sampler(lw, input_state=lw.State([2, 0, 0, 0]))),
        lambda lw, remote: run(lw, remote, sampler(lw, input_state=lw.State([0, 0, 0, 0]))),
        lambda lw, remote: run(lw, remote, sampler(lw, min_detection=0)),
        lambda lw, remote: run(lw, remote, sampler(lw, min_detection=3)),
        lambda lw, remote: run(lw, remote, sampler(lw, post_selection=lambda state: True)),
        lambda lw, remote: run(lw, remote, sampler(lw, source=lw.emulator.Source(purity=0.9))),
        lambda lw, remote: run(lw, remote, sampler(lw, detector=lw.emulator.Detector(efficiency=0.9))),
        lambda lw, remote: run(
            lw, remote, sampler(lw, circuit=lw.Unitary(lw.random_unitary(5)), input_state=lw.State([1] * 5))
        ),
        lambda lw, remote: run(
            lw,
            remote,
            sampler(lw, circuit=lw.Unitary(lw.random_unitary(21)), input_state=lw.State([1] + [0] * 20)),
        ),
    ],
)
def test_submitting(both, call):
    stay(both, "Scheduled")
    compare(call)
    sent, reference = ([json.loads(item.body) for item in fake.seen("POST", "jobs")] for fake in both)
    assert len(sent) == len(reference)
    for mine, other in zip(sent, reference, strict=True):
        # complex numbers are compared by value: NumPy's text of them differs from Python's in zeros
        ours_matrix, their_matrix = (
            [[complex(x) for x in row] for row in p.pop("unitary")] for p in (mine, other)
        )
        np.testing.assert_allclose(ours_matrix, their_matrix, rtol=0, atol=1e-15)
        for payload in (mine, other):
            for part in payload.get("circuit_spec") or []:
                part[1] = {key: value for key, value in part[1].items() if key != "swaps"}
        assert without_nothing(mine) == without_nothing(other)


def without_nothing(payload: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in payload.items() if value is not None}


@pytest.mark.parametrize(
    "call",
    [
        lambda job: job.get_result(),
        lambda job: job.cancel(),
        lambda job: (job.cancel(), job.cancel()),
        lambda job: (job.cancel(), job.status),
        lambda job: (job.retry(), job.job_id),
        lambda job: (job.status, job.success, job.complete, job.queue_position),
        lambda job: job.details.logs,
    ],
)
def test_a_job_that_waits(both, call):
    stay(both, "Scheduled")
    compare(lambda lw, remote: call(run(lw, remote, sampler(lw))))


@pytest.mark.parametrize("end", ["Completed", "Failed", "Cancelled", "TimedOut"])
@pytest.mark.parametrize(
    "call",
    [
        lambda job: job.wait_until_complete(),
        lambda job: (job.wait_until_complete(), job.get_result())[1],
        lambda job: (job.wait_until_complete(), job.cancel()),
        lambda job: (job.wait_until_complete(), job.status, job.success, job.complete, job.queue_position),
    ],
)
def test_a_job_that_ends(both, call, end):
    stay(both, end)
    compare(lambda lw, remote: call(run(lw, remote, sampler(lw))))


@pytest.mark.parametrize(
    "call",
    [
        lambda jobs: jobs.wait_until_complete(),
        lambda jobs: (jobs.wait_until_complete(), jobs.all_complete, jobs.all_success),
        lambda jobs: (jobs.wait_until_complete(), jobs.get_all_results())[1],
        lambda jobs: (jobs.wait_until_complete(), jobs.get_result("Job_2"))[1],
        lambda jobs: (jobs.wait_until_complete(), jobs.retry_failed())[1],
    ],
)
def test_a_batch_that_completes(both, call):
    stay(both, "Completed")
    compare(lambda lw, remote: call(run(lw, remote, batch(lw))))


@pytest.mark.parametrize(
    "call",
    [
        lambda jobs: jobs.status,
        lambda jobs: jobs.all_complete,
        lambda jobs: jobs.get_all_results(),
        lambda jobs: jobs.get_result("nobody"),
        lambda jobs: jobs["nobody"],
        lambda jobs: (jobs.cancel_all(), jobs.status)[1],
        lambda jobs: (jobs.cancel_all(), jobs.retry_failed(), jobs.job_id)[1:],
        lambda jobs: jobs.__setitem__("x", 3),
        lambda jobs: jobs.__setitem__("Job_1", jobs["Job_2"]),
        lambda jobs: jobs.__setitem__(3, jobs["Job_2"]),
    ],
)
def test_a_batch_that_waits(both, call):
    stay(both, "Scheduled")
    compare(lambda lw, remote: call(run(lw, remote, batch(lw))))


def test_errors_of_compilation(both):
    stay(both, "Failed")
    for fake in both:
        fake.add = functools.partial(fake.add, errors=[{"Code": 1, "Message": "too deep"}])
    compare(lambda lw, remote: run(lw, remote, sampler(lw)))


def test_a_refused_payload(both):
    for fake in both:
        fake.fault("POST", "jobs", status(400, {"errors": [{"name": "input", "reason": "odd"}]}))
    compare(lambda lw, remote: run(lw, remote, sampler(lw)))


@pytest.mark.parametrize("many", [False, True])
def test_files_of_the_reference_are_read(both, tmp_path, many):
    """Saved by lightworks_remote, loaded by lwfast."""
    job = run(lightworks, theirs, batch(lightworks) if many else sampler(lightworks))
    job.save_to_file(str(tmp_path / "saved"))
    loaded = ours.load_job_from_file(tmp_path / "saved")
    assert loaded.job_id == job.job_id
    for mine, reference in zip(loaded.jobs, job.jobs, strict=True) if many else [(loaded, job)]:
        assert list(mine.payload.input) == list(reference.payload.input)
        assert np.array_equal(mine.payload.unitary, reference.payload.unitary)


def test_our_files_of_single_jobs_are_read_by_the_reference(both, tmp_path):
    job = run(lwfast, ours, sampler(lwfast))
    job.save_to_file(tmp_path / "saved")
    loaded = theirs.load_job_from_file(str(tmp_path / "saved"))
    assert loaded.job_id == job.job_id
    assert loaded.payload.n_samples == 100


def test_tasks_of_lightworks_are_run(both):
    """The same task object goes through both clients."""
    task = sampler(
        lightworks, circuit=heralded(lightworks), post_selection=rules(lightworks), min_detection=1
    )
    mine, reference = (remote.QPU("Artemis").run(task) for remote in (ours, theirs))
    assert mine.job_id == reference.job_id
    sent, expected = (json.loads(fake.seen("POST", "jobs")[0].body) for fake in both)
    assert sent["job_data"] == expected["job_data"]
    assert sent["input"] == expected["input"]
    assert sent["min_detection"] == expected["min_detection"]


def test_every_public_name_of_the_reference_is_there():
    """And takes the same arguments, in the same order and with the same defaults."""
    import inspect

    for name in theirs.__all__:
        assert hasattr(ours, name), name
        mine, reference = getattr(ours, name), getattr(theirs, name)
        pairs = [(mine, reference)]
        if inspect.isclass(reference) or name == "token":
            public = [
                item
                for item in dir(reference)
                if not item.startswith("_") and callable(getattr(reference, item))
            ]
            pairs = [(getattr(mine, item), getattr(reference, item)) for item in public]
        for one, other in pairs:
            wanted = inspect.signature(other).parameters
            found = list(inspect.signature(one).parameters.values())[: len(wanted)]
            assert [item.name for item in found] == list(wanted), (name, one)
            assert [item.default for item in found] == [item.default for item in wanted.values()], (name, one)
