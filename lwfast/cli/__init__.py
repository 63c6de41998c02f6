"""The `lwfast` command."""

from lwfast.cli.main import main

__all__ = ["main"]
