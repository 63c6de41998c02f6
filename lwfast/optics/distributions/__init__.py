"""Exact distributions of outcomes."""
