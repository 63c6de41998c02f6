"""Numba kernels: arrays and numbers in, arrays and numbers out.

Nothing here knows a `State`, a struct, an option string or an exception of lwfast. The functions one floor up
(same file name, without the underscore) check the arguments, choose, allocate and raise.
"""
