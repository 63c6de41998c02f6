"""Kernels that add up rows of tables in words, eight numbers of a byte at a time."""
