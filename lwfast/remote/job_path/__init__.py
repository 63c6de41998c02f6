"""Jobs and batches."""
