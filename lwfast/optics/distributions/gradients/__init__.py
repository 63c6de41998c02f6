"""Derivatives of distributions by the transfer matrix."""
