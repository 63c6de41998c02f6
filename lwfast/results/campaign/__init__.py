"""Many result files as one."""
