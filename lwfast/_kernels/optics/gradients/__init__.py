"""Kernels of the way back: from derivatives by what comes out to those by what goes in."""
