from __future__ import annotations

import pytest

from tests.scheduler.harness import make_settings, running


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
