"""The wire's structs: what they write, what they read, how they look."""

import json
import re

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lwfast as lw
from lwfast import wire
from lwfast.wire import ArtemisPayload, ArtemisQPU, QPUAnswer, Status

FLOATS = st.floats(allow_nan=False, allow_infinity=False, width=64)


def _payload(**changes):
    fields = {
        "qpu": "Artemis",
        "job_name": "Job",
        "lightworks_version": "2.3.5",
        "n_modes": 2,
        "input": lw.State([1, 0]),
        "n_samples": 100,
        "min_detection": 1,
        "direct_implementation": False,
        "unitary": np.array([[0, 1j], [1j, complex(-0.0, 0)]]),
    }
    return ArtemisPayload(**{**fields, **changes})


DETAILS = {
    "jobId": 17770,
    "queuePosition": 2,
    "jobStatus": "Scheduled",
    "createdDate": "2025-10-16T08:25:47.928816Z",
    "updatedDate": "2025-10-16T08:25:49.845111Z",
    "logs": [{"message": "Job received successfully", "status": "Accepted", "meta": {}}],
    "userExecutionNotes": None,
}


class TestStatus:
    def test_wire_spelling(self):
        """`TimedOut` on the wire is `Timed Out` to the user, in both directions."""
        assert Status("TimedOut") is Status.TIMEDOUT
        assert Status.TIMEDOUT.value == "Timed Out"
        assert Status.TIMEDOUT.wire_name == "TimedOut"

    def test_unknown_is_not_terminal(self):
        """A status from the future neither crashes nor ends a wait."""
        status = Status("Teleporting")
        assert status is Status.UNKNOWN
        assert not status.is_complete
        assert status.is_cancellable

    @pytest.mark.parametrize("name", ["Completed", "Failed", "Cancelled", "TimedOut"])
    def test_terminal(self, name):
        """Each terminal status is complete and cannot be cancelled."""
        assert Status(name).is_complete
        assert not Status(name).is_cancellable

    def test_with_results(self):
        """Completed and timed-out jobs may have results."""
        assert {s for s in Status if s.has_results} == {Status.COMPLETED, Status.TIMEDOUT}


class TestPayload:
    def test_repr_is_the_documents(self):
        """The payload shows as in the scheduler's documentation, with our State."""
        text = repr(_payload())
        assert text.startswith(
            "ArtemisPayload(qpu='Artemis', job_name='Job', lightworks_version='2.3.5', n_modes=2, "
            "input=lwfast.State(|1,0>), n_samples=100, min_detection=1, direct_implementation=False, "
            "unitary=array([["
        )
        assert text.endswith("circuit_spec=None, job_data=None)")

    def test_wire_form(self):
        """Fields, their order, and complex numbers as `str(complex)`."""
        sent = json.loads(wire.encode(_payload()))
        assert list(sent) == [
            "qpu",
            "job_name",
            "lightworks_version",
            "n_modes",
            "input",
            "n_samples",
            "min_detection",
            "direct_implementation",
            "unitary",
            "circuit_spec",
            "job_data",
        ]
        assert sent["unitary"] == [["0j", "1j"], ["1j", "(-0+0j)"]]
        assert sent["input"] == [1, 0]

    @given(
        st.lists(st.lists(st.builds(complex, FLOATS, FLOATS), min_size=3, max_size=3), min_size=3, max_size=3)
    )
    def test_matrix_bits(self, rows):
        """A matrix comes back with the same float64 bits, signs of zero included."""
        matrix = np.array(rows, dtype=np.complex128)
        back = wire.decode_payload(wire.encode(_payload(unitary=matrix))).unitary
        assert back.tobytes() == matrix.tobytes()

    def test_round_trip(self):
        """Decoding gives an equal payload, State and array included."""
        payload = _payload(
            job_data={"post_select": [[(0, 1), (1,)]]}, circuit_spec=[["ModeSwaps", {"swaps": {0: 1, 1: 0}}]]
        )
        back = wire.decode_payload(wire.encode(payload))
        assert back == payload
        assert isinstance(back.input, lw.State)
        assert back.unitary.dtype == np.complex128

    def test_not_equal(self):
        """A different matrix or field makes a different payload."""
        assert _payload() != _payload(n_samples=99)
        assert _payload() != _payload(unitary=np.eye(2) + 0j)
        assert _payload() != "payload"

    def test_builtins_round_trip(self):
        """A saved job holds plain values and gives the same payload back."""
        plain = json.loads(json.dumps(wire.payload_to_builtins(_payload())))
        assert wire.payload_from_builtins(plain) == _payload()

    @pytest.mark.parametrize(
        ("matrix", "message"),
        [
            ([["1", "0"], ["0"]], "Row 1 has 1 columns"),
            ([["1", "x"], ["0", "1"]], "Row 0, column 1: 'x'"),
            (["10", "01"], "Row 0 is not a list"),
            ("1", "A matrix is a list of rows"),
            ([[True, 0], [0, 1]], "Row 0, column 0: True"),
        ],
    )
    def test_bad_matrix(self, matrix, message):
        """A matrix that cannot be read names its row and column."""
        body = json.loads(wire.encode(_payload()))
        body["unitary"] = matrix
        with pytest.raises(msgspec.ValidationError, match=re.escape(message)):
            wire.payload_from_builtins(body)

    def test_numpy_values_in_job_data(self):
        """NumPy numbers and arrays in options are written as JSON numbers."""
        payload = _payload(job_data={"a": np.int64(3), "b": np.arange(2), "c": np.complex128(1j), "d": 2j})
        assert json.loads(wire.encode(payload))["job_data"] == {"a": 3, "b": [0, 1], "c": "1j", "d": "2j"}

    def test_no_form(self):
        """What has no form on the wire is refused by name."""
        with pytest.raises(NotImplementedError, match="object"):
            wire.encode(_payload(job_data={"a": object()}))


class TestDetails:
    def test_repr_is_the_documents(self):
        """Job details show as in the scheduler's documentation."""
        assert repr(wire.decode_job_details(json.dumps(DETAILS))) == (
            "ArtemisJobDetails(job_id=17770, queue_position=2, job_status=<Status.SCHEDULED: 'Scheduled'>, "
            "created_date='2025-10-16T08:25:47.928816Z', updated_date='2025-10-16T08:25:49.845111Z', "
            "logs=[{'message': 'Job received successfully', 'status': 'Accepted', 'meta': {}}], notes=None)"
        )

    def test_unknown_fields_are_ignored(self):
        """A field from the future does not matter."""
        assert wire.decode_job_details(json.dumps({**DETAILS, "colour": "red"})).job_id == 17770

    def test_exact_keys(self):
        """What we send has exactly the keys that the reference client demands."""
        sent = wire.encode_status_bearing(wire.decode_job_details(json.dumps(DETAILS)))
        assert json.loads(sent) == DETAILS

    def test_timed_out_is_spelt_for_the_wire(self):
        """The reference client knows `TimedOut` only."""
        details = wire.decode_job_details(json.dumps({**DETAILS, "jobStatus": "TimedOut"}))
        assert json.loads(wire.encode_status_bearing(details))["jobStatus"] == "TimedOut"

    def test_timed_out_in_lists(self):
        """The spelling also holds inside pages, batches and changes."""
        record = wire.JobRecord(
            job_id=1,
            job_name="a",
            qpu="q",
            job_status=Status.TIMEDOUT,
            created_date="",
            updated_date="",
            n_modes=1,
            n_photons=1,
            n_samples=1,
            min_detection=1,
            seq=1,
        )
        for answer, decode in (
            (wire.JobPage(items=[record]), wire.decode_page),
            (wire.JobRecords(jobs=[record]), wire.decode_records),
            (wire.Changes(seq=1, items=[record]), wire.decode_changes),
        ):
            sent = wire.encode_status_bearing(answer)
            assert b'"TimedOut"' in sent
            assert decode(sent) == answer

    def test_results_travel_as_they_are(self):
        """Bodies of results inside an answer keep their bytes."""
        body = b'{"results": {"(1, 0)": 4}, "job_data": null}'
        sent = wire.encode_status_bearing(wire.Changes(seq=1, items=[], results={"7": msgspec.Raw(body)}))
        assert bytes(wire.decode_changes(sent).results["7"]) == body
        assert wire.decode_changes(b'{"seq": 1, "items": []}').results == {}

    def test_compilation_errors(self):
        """Compilation errors of a failed job are found in its log, and only there."""
        log = {"meta": {"CompilationErrors": [{"Code": 3, "Message": "no"}]}}
        failed = wire.decode_job_details(
            json.dumps({**DETAILS, "jobStatus": "Failed", "logs": [{"meta": None}, log]})
        )
        assert failed.compilation_errors == [(3, "no")]
        running = wire.decode_job_details(json.dumps({**DETAILS, "jobStatus": "Running", "logs": [log]}))
        assert running.compilation_errors == []

    def test_retries(self):
        """How often a job began, and why it was put back, stand in its log."""
        put_back = {"createdDate": "then", "status": "Scheduled", "meta": {"Reason": "The worker died"}}
        begun = {"createdDate": "later", "status": "Running", "meta": {}}
        details = wire.decode_job_details(json.dumps({**DETAILS, "logs": [begun, put_back, "odd", begun]}))
        assert (details.attempts, details.retries) == (2, [("then", "The worker died")])
        once = wire.decode_job_details(json.dumps({**DETAILS, "logs": [begun, {"meta": {"Reason": ""}}]}))
        assert (once.attempts, once.retries) == (1, [])


class TestQPU:
    QPU = ArtemisQPU(
        name="Artemis",
        id=1,
        n_modes=20,
        max_photon_input=8,
        max_detection_filter=4,
        default_max_samples=1000000,
        max_samples={1: 1000000, 2: 1000000, 3: 50000, 4: 10000},
        available=True,
        last_updated="2025-10-16T08:26:21.96898Z",
    )

    def test_repr_is_the_documents(self):
        """A QPU shows as in the scheduler's documentation."""
        assert repr(self.QPU) == (
            "ArtemisQPU(name='Artemis', id=1, n_modes=20, max_photon_input=8, max_detection_filter=4, "
            "default_max_samples=1000000, max_samples={1: 1000000, 2: 1000000, 3: 50000, 4: 10000}, "
            "available=True, last_updated='2025-10-16T08:26:21.96898Z')"
        )

    def test_wire_form(self):
        """The wire's exact keys, and back."""
        sent = wire.encode(QPUAnswer.from_qpu(self.QPU))
        assert set(json.loads(sent)) == {
            "id",
            "name",
            "numberOfModes",
            "maxPhotonInputNumber",
            "maxDetectionFilter",
            "defaultMaxSamples",
            "maxSamples",
            "isAvailable",
            "lastUpdated",
        }
        assert json.loads(sent)["maxSamples"][2] == {"item1": 3, "item2": 50000}
        assert wire.decode_qpu(sent).to_qpu() == self.QPU

    @pytest.mark.parametrize(("filter_", "allowed"), [(1, 1000000), (3, 50000), (4, 10000), (7, 1000000)])
    def test_samples_allowed(self, filter_, allowed):
        """Samples allowed by detection filter; the default where there is no entry."""
        assert self.QPU.samples_allowed(filter_) == allowed
