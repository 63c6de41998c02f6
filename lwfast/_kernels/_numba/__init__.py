"""What needs Numba: compiling kernels in the running process, keeping them, and writing their instructions.

Nothing here is imported where the kernels were compiled ahead of time.
"""
