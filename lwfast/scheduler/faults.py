"""What can go wrong inside the scheduler, and which HTTP answer it becomes.

SchedulerError
├── ConfigError             the QPU file or an option is not usable; ends the start
├── StoreOpenError          the data folder cannot be used; ends the start
│   ├── StoreInUseError     another scheduler uses it
│   └── StoreDamagedError   the store is damaged, or no store at all
└── RequestError            400: every violation of a request
    ├── ForbiddenError      403: not with this token
    ├── NotFoundError       404: no such thing, or not yet
    ├── TooSlowError        408: the body did not arrive in time
    ├── ConflictError       409: the job is not in a state that allows the request
    ├── TooLargeError       413
    │   └── BeyondQuotaError 413: more than this owner may ever have
    ├── KeyReusedError      422: an idempotency key came back with another payload
    ├── QuotaError          429: more than this owner may have now
    └── UnavailableError    503: not now, such as while no worker can start
        ├── StoreWriteError 503: the store cannot write, such as where the disk is full
        └── DamagedError    503: what is stored is not what was written
"""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from lwfast.wire import FieldError

_SCARCE = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


def is_scarce(error: OSError) -> bool:
    """Say whether the system has no more open files or memory to give: it may pass, nothing is damaged."""
    return error.errno in _SCARCE


class SchedulerError(Exception):
    """Base of the scheduler's own exceptions."""


class ConfigError(SchedulerError):
    """The QPU file or an option cannot be used."""


class StoreOpenError(SchedulerError):
    """The data folder cannot be used: damaged, newer, or not ours."""


class StoreInUseError(StoreOpenError):
    """Another scheduler uses the data folder."""


class StoreDamagedError(StoreOpenError):
    """The store is damaged, or no store at all."""


@contextmanager
def using(data_dir: Path) -> Iterator[None]:
    """Name the data folder, and what to do, in what the system says of it."""
    try:
        yield
    except OSError as error:
        raise StoreOpenError(
            f"The data folder {data_dir} cannot be used ({error.strerror or error}): choose another one with "
            "--data-dir."
        ) from error


class RequestError(SchedulerError):
    """A request that is answered with an error; each violation has a name and a reason."""

    status_code = 400

    def __init__(self, errors: Iterable[FieldError]) -> None:
        self.errors = list(errors)
        super().__init__("; ".join(f"{error.name}: {error.reason}" for error in self.errors))

    @classmethod
    def of(cls, name: str, reason: str) -> Self:
        """Make one with a single violation."""
        return cls([FieldError(name=name, reason=reason)])


class ForbiddenError(RequestError):
    """The sender's token does not allow this."""

    status_code = 403


class NotFoundError(RequestError):
    """There is no such thing, or not yet."""

    status_code = 404


class TooSlowError(RequestError):
    """The body did not arrive in time."""

    status_code = 408


class ConflictError(RequestError):
    """The job is not in a state that allows the request."""

    status_code = 409


class TooLargeError(RequestError):
    """The body is larger than the limit."""

    status_code = 413


class BeyondQuotaError(TooLargeError):
    """This is more than the sender may ever have, however many jobs end."""


class KeyReusedError(RequestError):
    """An idempotency key came back with another payload."""

    status_code = 422


class QuotaError(RequestError):
    """This is more than the sender may have now; jobs that end make room."""

    status_code = 429


class UnavailableError(RequestError):
    """The scheduler cannot do this now; nothing of the request took effect."""

    status_code = 503


class StoreWriteError(UnavailableError):
    """The store cannot write, whatever it is given."""


class DamagedError(UnavailableError):
    """What the store holds is not what was written."""
