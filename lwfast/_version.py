"""The two versions lwfast names: its own, and the Lightworks version whose behaviour it matches."""

__version__ = "0.1.0"

LIGHTWORKS_VERSION = "2.3.5"
"""Sent as `lightworks_version` in every payload."""
