"""Numba kernels: arrays and numbers in, arrays and numbers out.

Nothing here knows a `State`, a struct, an option string or an exception of lwfast. The functions one floor up
(which may have the same file name) check the arguments, choose, allocate and raise.
"""
