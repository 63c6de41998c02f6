from __future__ import annotations

import pytest

from tests.scheduler.harness import make_settings, running


@pytest.fixture(scope="session")
def api(tmp_path_factory):
    """A scheduler with one worker and the fake runner, shared by all tests that need nothing special."""
    with running(make_settings(tmp_path_factory.mktemp("scheduler"))) as api:
        yield api
