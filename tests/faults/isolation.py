"""Fixtures of all tests of the client: no file of the user is read, and no setting leaks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.fake_scheduler import TOKEN, FakeScheduler


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give lwfast and Lightworks empty folders, and clear what the program and the environment chose."""
    from lwfast.remote.configuration.chosen import chosen
    from lwfast.remote.connection import default

    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    monkeypatch.setenv("LWFAST_CONFIG_DIR", str(tmp_path / "lwfast"))
    for name in ("URL", "TOKEN", "CERTIFICATE", "PROFILE", "ALLOW_HTTP"):
        monkeypatch.delenv(f"LWFAST_{name}", raising=False)
    chosen.set_token(None)
    chosen.set_url(None)
    monkeypatch.setattr(default, "_default", None)
    monkeypatch.setattr(default, "_in_place", [])
    yield tmp_path
    chosen.set_token(None)
    chosen.set_url(None)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the pauses between tries short."""
    from lwfast.remote.connection import retry
    from lwfast.remote.job_path import follow

    monkeypatch.setattr(retry, "FIRST_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(retry, "LONGEST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(follow, "FIRST_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(follow, "LONGEST_PAUSE_SECONDS", 0.01)


@pytest.fixture(params=[False, True], ids=["reference-wire", "lwfast-wire"])
def scheduler(
    request: pytest.FixtureRequest, quick: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FakeScheduler]:
    """A scheduler of either kind, which the default client uses."""
    with FakeScheduler(v1=request.param) as fake:
        monkeypatch.setenv("LWFAST_URL", fake.url)
        monkeypatch.setenv("LWFAST_TOKEN", TOKEN)
        yield fake


@pytest.fixture
def plain(quick: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeScheduler]:
    """A scheduler that speaks the reference wire only."""
    with FakeScheduler() as fake:
        monkeypatch.setenv("LWFAST_URL", fake.url)
        monkeypatch.setenv("LWFAST_TOKEN", TOKEN)
        yield fake


@pytest.fixture
def ours(quick: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeScheduler]:
    """A scheduler that offers lwfast's API."""
    with FakeScheduler(v1=True) as fake:
        monkeypatch.setenv("LWFAST_URL", fake.url)
        monkeypatch.setenv("LWFAST_TOKEN", TOKEN)
        yield fake
