from __future__ import annotations

import json

import numpy as np
import pytest

import lwfast as lw
from lwfast import remote
from lwfast.errors import TaskError, TaskTypeError, TaskValueError
from tests.faults.fake_scheduler import TOKEN, FakeScheduler
from tests.faults.fake_scheduler import qpu as qpu_answer
from tests.remote.samples import batch, sampler


def run(task, **options):
    return remote.QPU("Artemis").run(task, **options)


def sent(scheduler: FakeScheduler) -> dict:
    [job] = scheduler.jobs.values()
    return job.payload


def heralded(photons_in: int = 1, photons_out: int = 1) -> lw.PhotonicCircuit:
    """Five modes, of which mode 1 is heralded."""
    circuit = lw.PhotonicCircuit(5)
    for mode in range(4):
        circuit.bs(mode)
    circuit.herald(1, (photons_in, photons_out))
    return circuit


# --- what a QPU is ----------------------------------------------------------------------------------


def test_a_qpu_shows_its_name():
    qpu = remote.QPU("Artemis")
    assert (str(qpu), qpu.name) == ("Artemis", "Artemis")
    assert repr(qpu).startswith("lwfast.remote.QPU('Artemis')")
    qpu.name = "Apollo"
    assert str(qpu) == "Apollo"
    with pytest.raises(TypeError):
        remote.QPU(1)
    with pytest.raises(TypeError):
        qpu.name = None


def test_a_qpu_says_whether_it_is_known(scheduler):
    """Without asking for it: a wrong name need not wait for the first job to be noticed."""
    artemis, wrong = remote.QPU("Artemis"), remote.QPU("Nope\ud800")
    unknown = " (not looked up yet; .details asks the scheduler)"
    assert repr(artemis) == f"lwfast.remote.QPU('Artemis'){unknown}"
    assert repr(wrong).endswith(unknown)
    artemis.details  # noqa: B018
    assert repr(artemis) == "lwfast.remote.QPU('Artemis')"
    assert repr(wrong) == r"lwfast.remote.QPU('Nope\ud800') (not among the QPUs listed: Artemis)"
    own = remote.QPU("Artemis", client=remote.Client("http://127.0.0.1:9/", "x"))
    assert repr(own).endswith(unknown)


def test_a_job_name_that_is_no_text_is_refused(scheduler):
    """Half a surrogate pair: the error could not be printed."""
    batch = lw.Batch(lw.Sampler, [[heralded()] * 2, [lw.State([1, 0, 0, 0])], [10]])
    for task, name in ((batch.tasks[0], "a\ud800"), (batch, "a\ud800"), (batch, ["x", "a\ud800"])):
        with pytest.raises(ValueError, match=r"name 'a\\ud800(_1)?' has half a surrogate pair") as caught:
            remote.QPU("Artemis").run(task, job_name=name)
        assert isinstance(caught.value, remote.ValidationError)
        assert str(caught.value).encode()
    with pytest.raises(remote.JobNotFoundError, match="half a surrogate pair"):
        remote.job("a\ud800")


def test_details_are_those_of_the_scheduler(scheduler):
    details = remote.QPU("Artemis").details
    assert repr(details) == (
        "ArtemisQPU(name='Artemis', id=1, n_modes=20, max_photon_input=8, max_detection_filter=4, "
        "default_max_samples=1000000, max_samples={1: 1000000, 2: 1000000, 3: 50000, 4: 10000}, "
        "available=True, last_updated='2026-01-02T03:04:05.678901Z')"
    )
    assert details == remote.get_qpu_details("Artemis")


def test_an_unknown_qpu_lists_those_there_are(scheduler):
    with pytest.raises(ValueError, match="'Apollo' not found; there are: Artemis"):
        remote.get_qpu_details("Apollo")
    with pytest.raises(ValueError, match="Apollo"):
        remote.QPU("Apollo").run(sampler())


def test_the_list_is_asked_for_once(scheduler):
    for _ in range(3):
        remote.get_qpu_details("Artemis")
    assert len(scheduler.seen("GET", "qpus")) == 1
    assert len(scheduler.seen("GET", "Qpus/1")) == 3


def test_a_qpu_with_a_new_id_is_found_again(scheduler):
    remote.get_qpu_details("Artemis")
    scheduler.qpus[:] = [qpu_answer(id="abc")]
    assert remote.get_qpu_details("Artemis").id == "abc"
    scheduler.qpus[:] = []
    with pytest.raises(ValueError, match="there are: none"):
        remote.get_qpu_details("Artemis")


def test_limits_are_kept_for_a_while_and_availability_is_not(scheduler):
    run(sampler())
    run(sampler())
    assert len(scheduler.seen("GET", "Qpus/1")) == 1
    run(sampler(), require_online=True)
    assert len(scheduler.seen("GET", "Qpus/1")) == 2


# --- what is sent -----------------------------------------------------------------------------------


def test_the_payload(scheduler):
    task = sampler()
    job = run(task, job_name="Test job")
    matrix = task.circuit.U_full
    assert sent(scheduler) == {
        "qpu": "Artemis",
        "job_name": "Test job",
        "lightworks_version": "2.3.5",
        "n_modes": 4,
        "input": [1, 0, 0, 0],
        "n_samples": 100,
        "min_detection": 1,
        "direct_implementation": False,
        "unitary": [[str(complex(value)) for value in row] for row in matrix],
        "circuit_spec": None,
        "job_data": None,
    }
    assert isinstance(job.payload, remote.ArtemisPayload)
    assert np.array_equal(job.payload.unitary, matrix)
    assert job.payload.input == lw.State([1, 0, 0, 0])


def test_the_name_is_job_unless_given(scheduler):
    assert run(sampler()).name == "Job"
    assert remote.QPU("Artemis")(sampler(), False, "Called").name == "Called"


def test_direct_encoding_sends_the_elements(scheduler):
    circuit = lw.PhotonicCircuit(2)
    circuit.bs(0)
    circuit.ps(1, 0.5)
    run(sampler(circuit=circuit, input_state=lw.State([1, 0])), direct_encoding=True)
    assert sent(scheduler)["direct_implementation"] is True
    assert [name for name, _ in sent(scheduler)["circuit_spec"]] == ["BeamSplitter", "PhaseShifter"]


def test_heralds_are_put_into_input_and_rules(scheduler):
    """Rules name modes besides heralded ones; on the wire they name modes of the whole circuit."""
    rules = lw.PostSelection()
    rules.add(0, 1)
    rules.add((1, 2), (0, 1))
    run(
        sampler(circuit=heralded(), input_state=lw.State([1, 0, 1, 0]), post_selection=rules, min_detection=2)
    )
    payload = sent(scheduler)
    assert payload["n_modes"] == 5
    assert payload["input"] == [1, 1, 0, 1, 0]
    assert payload["min_detection"] == 3
    assert payload["job_data"] == {"post_select": [[[0], [1]], [[2, 3], [0, 1]]], "herald": [[[1], [1]]]}


@pytest.mark.parametrize(
    ("photons_in", "photons_out", "min_detection", "on_wire"),
    [
        (1, 1, None, 3),
        (1, 1, 1, 2),
        # Where heralds differ, those that are detected count, not those that are put in.
        (1, 0, None, 3),
        (1, 0, 1, 1),
        (1, 0, 3, 3),
        (0, 1, None, 2),
        (0, 1, 1, 2),
    ],
)
def test_the_detection_filter_counts_heralded_photons_that_are_detected(
    scheduler, photons_in, photons_out, min_detection, on_wire
):
    circuit = heralded(photons_in, photons_out)
    run(sampler(circuit=circuit, input_state=lw.State([1, 0, 1, 0]), min_detection=min_detection))
    assert sent(scheduler)["min_detection"] == on_wire


def test_options_are_added_to_the_job_data(scheduler):
    options = {"level": 3}
    run(sampler(), options=options)
    assert sent(scheduler)["job_data"] == {"level": 3}
    assert options == {"level": 3}
    run(sampler(circuit=heralded(), input_state=lw.State([1, 0, 0, 0])), options=options)
    assert list(scheduler.jobs.values())[1].payload["job_data"] == {
        "post_select": [],
        "herald": [[[1], [1]]],
        "level": 3,
    }


@pytest.mark.parametrize("name", ["post_select", "herald"])
def test_options_do_not_replace_the_rules_of_the_task(scheduler, name):
    with pytest.raises(ValueError, match=f"{name}.*post_selection") as caught:
        run(sampler(), options={name: []})
    assert isinstance(caught.value, remote.ValidationError)
    assert scheduler.jobs == {}


def test_options_that_are_no_json_are_refused_before_anything_is_sent(scheduler):
    with pytest.raises(remote.ValidationError, match="cannot be written as JSON"):
        run(sampler(), options={"level": object()})
    with pytest.raises(TypeError, match="options"):
        run(sampler(), options=[1])
    assert scheduler.jobs == {}


def test_seed_and_sampling_mode_are_not_sent(scheduler):
    run(sampler(random_seed=5, sampling_mode="input"))
    assert "5" not in json.dumps({key: value for key, value in sent(scheduler).items() if "seed" in key})
    assert not {"random_seed", "sampling_mode", "rng"} & set(sent(scheduler))


# --- what is refused --------------------------------------------------------------------------------


def refusal(scheduler, *args, **options) -> remote.ValidationError:
    with pytest.raises(remote.ValidationError) as caught:
        run(*args, **options)
    assert scheduler.jobs == {}
    return caught.value


@pytest.mark.parametrize(
    ("task", "says"),
    [
        (
            lambda: sampler(circuit=lw.Unitary(lw.random_unitary(21)), input_state=lw.State([1] + [0] * 20)),
            "21 modes",
        ),
        (
            lambda: sampler(
                circuit=lw.Unitary(lw.random_unitary(9)), input_state=lw.State([1] * 9), min_detection=1
            ),
            "9 photons",
        ),
        (
            lambda: sampler(circuit=lw.Unitary(lw.random_unitary(5)), input_state=lw.State([1] * 5)),
            r"5 photons \(min_detection counts all photons",
        ),
        (lambda: sampler(n_samples=1_000_001), "1,000,001 samples.*at most 1,000,000"),
        (lambda: sampler(input_state=lw.State([1, 1, 1, 0]), n_samples=50_001), "at most 50,000"),
    ],
)
def test_limits_of_the_qpu(scheduler, task, says):
    error = refusal(scheduler, task())
    assert type(error) is remote.ValidationError
    with pytest.raises(remote.ValidationError, match=says):
        raise error


def test_no_samples_are_promised_for_a_filter_that_the_qpu_does_not_have(scheduler):
    """Artemis would take 1,000,000 samples by default, but no filter of 9 photons: 4 are the most."""
    task = sampler(
        circuit=lw.Unitary(lw.random_unitary(9)), input_state=lw.State([1] * 9), n_samples=2_000_000
    )
    said = str(refusal(scheduler, task))
    assert "The detection filter is 9 photons" in said
    assert "at most 10,000 with a detection filter of 4 photons" in said
    assert "filter of 9" not in said


def test_the_samples_of_a_filter_without_an_entry_are_the_default(scheduler):
    scheduler.qpus[:] = [qpu_answer(maxSamples=[], defaultMaxSamples=10)]
    assert "at most 10 " in str(refusal(scheduler, sampler()))


def test_what_just_meets_the_limits_is_taken(scheduler):
    scheduler.qpus[:] = [qpu_answer(maxSamples=[], defaultMaxSamples=10)]
    photons = lw.State([1] * 8 + [0] * 12)
    task = sampler(
        circuit=lw.Unitary(lw.random_unitary(20)), input_state=photons, n_samples=10, min_detection=4
    )
    run(task)
    assert len(scheduler.jobs) == 1


class Stricter(lw.PostSelection):
    """Rules, and a test that no QPU can run."""

    def validate(self, state):
        return super().validate(state) and state[1] == 0


def lossy():
    circuit = lw.PhotonicCircuit(4)
    circuit.bs(0, loss=0.1)
    return circuit


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"circuit": lossy()}, TaskValueError),
        ({"input_state": lw.State([2, 0, 0, 0])}, TaskValueError),
        ({"input_state": lw.State([0, 0, 0, 0])}, TaskValueError),
        ({"min_detection": 0}, TaskValueError),
        ({"min_detection": 2}, TaskValueError),
        ({"post_selection": lambda state: True}, TaskTypeError),
        ({"post_selection": Stricter()}, TaskTypeError),
        ({"source": lw.emulator.Source(purity=0.9)}, TaskTypeError),
        ({"detector": lw.emulator.Detector(efficiency=0.9)}, TaskTypeError),
        (
            {"circuit": heralded(2, 2), "input_state": lw.State([1, 0, 0, 0]), "min_detection": 1},
            TaskValueError,
        ),
    ],
)
def test_what_no_qpu_takes(scheduler, changes, kind):
    """As in the reference these are ValueErrors or TypeErrors; here they are ValidationErrors too."""
    error = refusal(scheduler, sampler(**changes))
    assert type(error) is kind
    assert isinstance(error, ValueError if kind is TaskValueError else TypeError)
    assert all(text in str(error) for text in error.violations)


def test_all_faults_are_told_at_once(scheduler):
    scheduler.qpus[:] = [qpu_answer(numberOfModes=3, maxPhotonInputNumber=1, maxDetectionFilter=1)]
    task = sampler(
        input_state=lw.State([2, 1, 0, 0]),
        n_samples=10**7,
        post_selection=lambda state: True,
        detector=lw.emulator.Detector(efficiency=0.9),
    )
    error = refusal(scheduler, task)
    assert isinstance(error, TaskError)
    assert isinstance(error, ValueError)
    assert isinstance(error, TypeError)
    assert len(error.violations) == 7
    assert str(error).startswith("7 faults:\n\t")
    for word in (
        "detector",
        "1 photon per mode",
        "PostSelection",
        "4 modes",
        "3 photons",
        "filter",
        "samples",
    ):
        assert word in str(error)


def test_a_batch_tells_which_task_is_at_fault(scheduler):
    tasks = batch(1)
    tasks.add(sampler(min_detection=0))
    tasks.add(sampler(n_samples=10**7))
    error = refusal(scheduler, tasks)
    assert [text.partition(":")[0] for text in error.violations] == ["Job_2", "Job_3"]


def test_only_samplers_are_run(scheduler):
    simulator = lw.Simulator(lw.Unitary(lw.random_unitary(2)), lw.State([1, 0]))
    assert "Sampler" in str(refusal(scheduler, simulator))


@pytest.mark.parametrize("task", [None, "x", 3, lw.State([1, 0]), [sampler()]])
def test_something_that_is_no_task(scheduler, task):
    with pytest.raises(TypeError, match="task"):
        run(task)


@pytest.mark.parametrize(
    "options",
    [
        {"direct_encoding": 1},
        {"direct_encoding": None},
        {"require_online": "yes"},
        {"job_name": 3},
        {"job_name": None},
        {"job_name": ["a"]},
    ],
)
def test_arguments_of_a_wrong_type(scheduler, options):
    with pytest.raises(TypeError):
        run(sampler(), **options)
    assert scheduler.jobs == {}


# --- names of a batch -------------------------------------------------------------------------------


def test_jobs_of_a_batch_are_numbered(scheduler):
    jobs = run(batch(3), job_name="Scan")
    assert jobs.names == ["Scan_1", "Scan_2", "Scan_3"]
    assert [job.payload.job_name for job in jobs.jobs] == jobs.names
    assert list(jobs.job_id.values()) == sorted(scheduler.jobs)


@pytest.mark.parametrize("names", [["a", "b", "c"], ("a", "b", "c")])
def test_or_named_one_by_one(scheduler, names):
    assert run(batch(3), job_name=names).names == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("names", "error"),
    [
        (["a"], ValueError),
        (["a", "b", "a"], ValueError),
        (["a", "b", 3], TypeError),
        (3, TypeError),
        ({}, TypeError),
    ],
)
def test_names_that_do_not_fit(scheduler, names, error):
    with pytest.raises(error):
        run(batch(3), job_name=names)
    assert scheduler.jobs == {}


def test_an_empty_batch(scheduler):
    assert run(lw.Batch()).jobs == []


# --- offline ----------------------------------------------------------------------------------------


def test_an_offline_qpu_still_takes_jobs_unless_told_otherwise(scheduler):
    scheduler.qpus[:] = [qpu_answer(isAvailable=False)]
    run(sampler())
    with pytest.raises(remote.QPUOfflineError, match="require_online=False"):
        run(sampler(), require_online=True)
    remote.set_global_require_online(True)
    with pytest.raises(remote.QPUOfflineError):
        run(sampler())
    run(sampler(), require_online=False)
    assert len(scheduler.jobs) == 2


def test_a_profile_can_require_it(plain, folders):
    (folders / "lwfast").mkdir()
    (folders / "lwfast" / "config.toml").write_text("[profiles.lab]\nrequire_online = true\n")
    plain.qpus[:] = [qpu_answer(isAvailable=False)]
    with pytest.raises(remote.QPUOfflineError):
        remote.Client(profile="lab").qpu("Artemis").run(sampler())


def test_a_qpu_belongs_to_its_client(plain):
    with FakeScheduler() as other:
        client = remote.Client(url=other.url, token=TOKEN)
        job = client.qpu("Artemis").run(sampler())
        assert job.complete in {True, False}
        assert len(other.jobs) == 1
    assert plain.requests == []


def test_ids_of_one_scheduler_are_not_asked_of_another(scheduler):
    remote.get_qpu_details("Artemis")
    with FakeScheduler() as other:
        other.qpus[:] = [qpu_answer(id=7, numberOfModes=5)]
        remote.set_api_url(other.url)
        remote.QPU("Artemis").run(sampler())
        assert remote.get_qpu_details("Artemis").n_modes == 5
        assert other.seen("GET", "Qpus/1") == []
        assert len(other.jobs) == 1
    assert scheduler.jobs == {}
