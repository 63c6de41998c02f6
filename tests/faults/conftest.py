"""Every test here has folders of its own and may ask for a scheduler that misbehaves."""

from tests.faults.isolation import folders, ours, plain, quick, scheduler

__all__ = ["folders", "ours", "plain", "quick", "scheduler"]
