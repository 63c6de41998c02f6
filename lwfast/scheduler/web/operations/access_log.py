"""The access log: one line of JSON for each request, without headers, queries and bodies."""

from __future__ import annotations

import json
import logging
import logging.handlers
import os
import sys
from pathlib import Path

from lwfast._base.files.own_files import open_own, why
from lwfast.scheduler.clock import now_text
from lwfast.scheduler.faults import ConfigError
from lwfast.scheduler.web.operations.answered import Answered

NAME = "lwfast.access"
STDERR = "-"


class AccessLog:
    """Write a line for each request that was answered.

    Args:
        target: A file, which is appended to, readable by this user alone; or `-` for standard error. A file
            that was moved away, as logrotate does, is begun anew.

    Raises:
        ConfigError: The file cannot be written.
    """

    def __init__(self, target: str) -> None:
        self._handler: logging.Handler
        if target == STDERR:
            self._handler = logging.StreamHandler(sys.stderr)
        else:
            try:
                os.close(open_own(Path(target), os.O_WRONLY | os.O_CREAT | os.O_APPEND))
                self._handler = logging.handlers.WatchedFileHandler(target, encoding="utf-8")
            except OSError as error:
                raise ConfigError(f"The access log {target} cannot be written: {why(error)}.") from error
        self._handler.setFormatter(logging.Formatter("%(message)s"))

    def __call__(self, answered: Answered) -> None:
        """Write the line of a request."""
        self._handler.handle(logging.makeLogRecord({"name": NAME, "msg": line_of(answered)}))

    def close(self) -> None:
        """Close the file."""
        self._handler.close()


def line_of(answered: Answered) -> str:
    """Return the line of a request, in ASCII: a path may hold other ends of lines, and codes of terminals."""
    facts = {
        "time": now_text(),
        "request": answered.request_id,
        "client": answered.client,
        "owner": answered.owner,
        "method": answered.method,
        "path": answered.path[:500],
        "route": answered.route,
        "status": answered.status,
        "job": answered.job_id,
        "bytes": answered.n_bytes,
        "ms": round(1000 * answered.seconds, 3),
    }
    return json.dumps(facts, separators=(",", ":")).replace("\x7f", "\\u007f")
