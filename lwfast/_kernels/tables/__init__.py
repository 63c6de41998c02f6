"""Kernels of counts: text, selection, grouping."""
