"""What the running program chose with `token.set` and `set_api_url`: it goes before environment and files."""

from __future__ import annotations


class Chosen:
    """The URL and the token chosen, and how often that changed.

    Attributes:
        url: Base URL, or None.
        token: Access token, or None; never shown.
        generation: Grows with every change; a client that sees another number looks its settings up again.
    """

    __slots__ = ("generation", "token", "url")

    def __init__(self) -> None:
        self.url: str | None = None
        self.token: str | None = None
        self.generation = 0

    def set_url(self, url: str | None) -> None:
        """Choose a URL, or none."""
        self.url = url
        self.generation += 1

    def set_token(self, token: str | None) -> None:
        """Choose a token, or none."""
        self.token = token
        self.generation += 1

    def touch(self) -> None:
        """Say that a saved setting changed."""
        self.generation += 1


chosen = Chosen()
