"""Tables that several tests of results read."""

COUNTS = {(0, 1, 0): 45, (0, 0, 1): 30, (2, 0, 0): 5, (1, 0, 0): 20}
