"""What the numbers in the first column of a table of elements mean. Importing this loads no Numba."""

BEAM_SPLITTER_RX = 0
"""[[r, it], [it, r]] on two rows, with r = sqrt(value) and t = sqrt(1 - value)."""
BEAM_SPLITTER_H = 1
"""[[r, t], [t, -r]] on two rows."""
PHASE_SHIFT = 2
"""exp(i value) on the first row."""
LOSS = 3
"""[[t, -r], [r, t]] on a mode's row and its loss mode's, which has to be that of the identity still."""
SWAP = 4
"""Two rows change places."""
BLOCK = 5
"""A unitary matrix on several rows. Only the way back through a circuit has it among its elements."""
