"""Circuits as pictures."""
