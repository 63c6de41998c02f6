"""Logs below `lwfast`: silent until a program that uses lwfast gives them a handler."""

from __future__ import annotations

import logging


def log_of(name: str) -> logging.Logger:
    """Return the log of a module, which is called by its name, `lwfast.` and so on.

    Without a handler anywhere, Python would write warnings to standard error. The handler that discards
    records changes nothing for programs that set up their own.
    """
    top = logging.getLogger("lwfast")
    if not any(isinstance(handler, logging.NullHandler) for handler in top.handlers):
        top.addHandler(logging.NullHandler())
    return logging.getLogger(name)
