"""A text that is not shown: tokens are held as one from where they come in to where they are sent."""

from __future__ import annotations

from typing import Any, NoReturn, SupportsIndex

SHOWN = "[token]"


class Secret(str):
    """A token: compared, encoded and sent as the text that it is, and shown as `[token]`.

    Debuggers, `pytest --showlocals`, Rich and Sentry show the local variables of every frame of a traceback
    by their `repr`, and the beginning of long texts by a slice. Neither gives the token away, nor does an
    f-string or a log. It is not pickled, so no object that holds one takes it to a file or another process.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Secret:
        """Make a secret of a text, or of another secret."""
        return super().__new__(cls, str.__str__(text))

    def __repr__(self) -> str:
        return SHOWN

    def __str__(self) -> str:
        return SHOWN

    def __format__(self, spec: str) -> str:
        return format(SHOWN, spec)

    def __getitem__(self, key: SupportsIndex | slice) -> str:
        return Secret(super().__getitem__(key))

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Secret:
        return self

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError(
            "An access token is not pickled, nor is a connection that holds one. Pickle a Client or a Job: "
            "the other process looks its token up as any new client does, e.g. in LWFAST_TOKEN."
        )


def hidden(value: Any) -> Any:
    """Return a text as a secret, and anything else, which cannot be a token, as it is."""
    return Secret(value) if isinstance(value, str) else value


def revealed(secret: str) -> str:
    """Return a token as an ordinary text, for whoever asked for it."""
    return str.__str__(secret)
