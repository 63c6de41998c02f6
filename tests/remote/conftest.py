"""Every test here has folders of its own; some ask for a scheduler, one that misbehaves or one that works."""

import os

import pytest

from lwfast import remote
from tests.faults.isolation import folders, ours, plain, quick, scheduler

__all__ = ["folders", "ours", "plain", "quick", "scheduler", "shared"]


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One scheduler for the tests that leave it as it was."""
    before = os.environ.get("LWFAST_CONFIG_DIR")
    os.environ["LWFAST_CONFIG_DIR"] = str(tmp_path_factory.mktemp("shared"))
    with remote.local_scheduler(workers=1) as running:
        yield running
    if before is None:
        del os.environ["LWFAST_CONFIG_DIR"]
    else:
        os.environ["LWFAST_CONFIG_DIR"] = before
