"""Kernels of permanents: Glynn's formula, expansions, and their roundings."""
