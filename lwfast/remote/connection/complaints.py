"""What a scheduler complains of in an answer."""

from __future__ import annotations

from lwfast import wire


def complaints(body: bytes | bytearray) -> list[wire.FieldError] | None:
    """Return what a refusal complains of, or None where it is not in the wire's words."""
    try:
        return wire.decode_errors(body).errors
    except wire.UNREADABLE:
        return None


def listed(body: bytes | bytearray) -> str:
    """Return the names and reasons in a refusal as one text; empty where it has none."""
    return "; ".join(f"{item.name}: {item.reason}" for item in complaints(body) or ())
