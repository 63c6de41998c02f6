"""Permanents."""
