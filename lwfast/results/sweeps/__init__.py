"""Results of sweeps: columns for many settings at once."""
