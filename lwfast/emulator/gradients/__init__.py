"""Expectations and their derivatives."""
