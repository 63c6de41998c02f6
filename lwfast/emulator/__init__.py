"""Local emulation: exact distributions, samples, amplitudes, with noise."""
