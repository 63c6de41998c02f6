"""Lightworks' circuits and Parameters as ours, and ours as Lightworks'."""
