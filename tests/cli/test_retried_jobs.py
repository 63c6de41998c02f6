"""`lwfast job` says how often a job was tried, and why."""

from __future__ import annotations

import json
import os
import signal

from lwfast.cli.main import main
from tests.faults.isolation import folders
from tests.marks import posix
from tests.scheduler.harness import TOKEN, make_settings, running
from tests.scheduler.runners import NAPS

__all__ = ["folders"]


@posix
def test_a_job_that_was_tried_again_says_why(folders, tmp_path, monkeypatch, capsys):
    """The number of the attempt and what became of the worker before, in words and as JSON."""
    with running(make_settings(tmp_path)) as api:
        monkeypatch.setenv("LWFAST_URL", f"{api.root}api/")
        monkeypatch.setenv("LWFAST_TOKEN", TOKEN)
        calm, lost = api.submit(), api.submit(n_samples=NAPS)
        api.wait(lost, {"Running"})
        os.kill(api.scheduler.pool.running(lost).process.pid, signal.SIGKILL)
        api.wait(lost)
        assert main(["job", str(lost)]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert "  attempt: 2" in lines
        (why,) = (line for line in lines if "tried once more" in line)
        assert "The worker process" in why
        assert "signal 9" in why
        assert main(["job", str(lost), "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert told["attempts"] == 2
        (retry,) = told["retries"]
        assert "signal 9" in retry["reason"]
        (entry,) = (entry for entry in told["log"] if "Reason" in entry["meta"])
        assert retry["date"] == entry["createdDate"]
        assert main(["job", str(calm)]) == 0
        assert "attempt" not in capsys.readouterr().out
        assert main(["job", str(calm), "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert (told["attempts"], told["retries"]) == (1, [])
