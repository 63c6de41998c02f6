"""Columns that read as a mapping."""
