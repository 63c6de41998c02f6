"""The versions lwfast names: its own, and those of Lightworks and its client whose behaviour it matches."""

__version__ = "0.1.0"

LIGHTWORKS_VERSION = "2.3.5"
"""Sent as `lightworks_version` in every payload."""

LIGHTWORKS_REMOTE_VERSION = "1.3.0"
