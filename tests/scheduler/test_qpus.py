"""The QPU file: what it may hold, and what is said where it is wrong."""

from __future__ import annotations

import pytest

from lwfast.hardware import HardwareModel
from lwfast.scheduler.faults import ConfigError
from lwfast.scheduler.qpus import load_qpus, parse_qpus, profile_text
from tests.scheduler.harness import make_settings, running

GOOD = profile_text("artemis")


def test_default_is_artemis():
    (qpu,) = load_qpus().values()
    assert (qpu.id, qpu.name, qpu.n_modes, qpu.max_photon_input, qpu.max_detection_filter) == (
        1,
        "Artemis",
        20,
        8,
        4,
    )
    assert qpu.max_samples == {1: 1_000_000, 2: 1_000_000, 3: 50_000, 4: 10_000}
    assert qpu.available
    assert HardwareModel.from_dict(qpu.hardware).is_ideal


def test_artemis_like_is_not_ideal():
    (qpu,) = parse_qpus(profile_text("artemis_like"), "profile").values()
    model = HardwareModel.from_dict(qpu.hardware)
    assert model.source.purity == 0.99
    assert model.detector.photon_counting is False
    assert model.loss == 0.3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "qpus"),
        ("qpus = []", "qpus"),
        ("[", "not TOML"),
        (GOOD + "colour = 'red'", "colour"),
        (GOOD.replace("n_modes", "modes"), "modes"),
        (GOOD.replace("n_modes = 20", "n_modes = '20'"), "n_modes"),
        (GOOD.replace("n_modes = 20", "n_modes = 0"), "n_modes"),
        (GOOD.replace("timeout_seconds = 600", "timeout_seconds = 0"), "timeout_seconds"),
        (GOOD.replace("3 = 50_000", "x = 50_000"), "max_samples"),
        (GOOD + GOOD, "two QPUs"),
        (GOOD + "[qpus.hardware]\ncolour = 1", "colour"),
        (GOOD + "[qpus.hardware.source]\npurity = 2.0", "purity"),
        (GOOD + "[qpus.hardware.source]\nshine = 1.0", "shine"),
        (GOOD + "[qpus.hardware]\nloss = [0.1, 0.2]", "2 modes"),
        (GOOD + "[qpus.hardware.detector]\nefficiency = 'good'", "efficiency"),
        ("[unknown]\n" + GOOD, "unknown"),
    ],
)
def test_mistakes_are_named(text, message):
    with pytest.raises(ConfigError, match=message):
        parse_qpus(text, "test.toml")


def test_file_that_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match=r"nothing\.toml"):
        load_qpus(tmp_path / "nothing.toml")


def test_values_per_mode_are_cut_to_the_circuit():
    losses = ", ".join(f"0.0{i % 10}" for i in range(20))
    (qpu,) = parse_qpus(GOOD + f"[qpus.hardware]\nloss = [{losses}]", "test").values()
    assert list(qpu.hardware_for(3)["loss"]) == [0.0, 0.01, 0.02]


def test_hardware_is_kept_with_the_job(tmp_path):
    """A job runs on the hardware that was configured when it was accepted."""
    offline = parse_qpus(
        profile_text("artemis_like").replace("available = true", "available = false"), "test"
    )
    with running(make_settings(tmp_path, qpus=offline)) as api:
        job_id = api.submit(n_modes=4, photons=2)
    with running(make_settings(tmp_path, runner="tests.scheduler.runners:shows_hardware")) as api:
        assert api.wait(job_id)["jobStatus"] == "Failed"
        assert "brightness=0.6" in api.details(job_id)["userExecutionNotes"]
