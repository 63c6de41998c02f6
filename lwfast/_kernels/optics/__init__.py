"""Kernels of light: permanents, layers, samples."""
