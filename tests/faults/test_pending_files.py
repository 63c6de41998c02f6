"""The files of pending submits: odd, empty, foreign and homeless ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lwfast import remote
from lwfast.remote.configuration import intents, persistence
from tests.faults.fake_scheduler import FakeScheduler, reset, reset_after_doing
from tests.remote.samples import sampler


def files() -> list[Path]:
    return sorted((persistence.own_folder() / intents.FOLDER).glob("*"))


def lose(fake: FakeScheduler, name="Job"):
    """Submit so that the answer is lost; returns the exception."""
    fake.fault("POST", "v1/jobs", reset_after_doing, *[reset] * 30)
    with pytest.raises(remote.AmbiguousSubmissionError) as caught:
        remote.QPU("Artemis").run(sampler(), job_name=name)
    fake.faults.clear()
    return caught.value


@pytest.mark.parametrize(
    ("odd", "said"),
    [
        ({"created": "yesterday"}, "Its time 'yesterday' is no ISO 8601 time with a zone"),
        ({"created": "2026-01-01T00:00:00"}, "is no ISO 8601 time with a zone"),
        ({"names": []}, "It has 0 names for 1 payloads"),
        ({"names": ["a", "b"]}, "It has 2 names for 1 payloads"),
        ({"names": [], "parts": []}, "It has 0 names for 0 payloads"),
    ],
)
def test_an_odd_file_hides_no_other(ours, odd, said):
    lose(ours, "Odd")
    [path] = files()
    lose(ours, "Sound")
    path.write_text(json.dumps(json.loads(path.read_text()) | odd))
    with pytest.warns(RuntimeWarning, match=f"{path.name} cannot be read .*{said}"):
        assert [item.job_name for item in remote.pending()] == ["Sound"]
