"""What a submitted job has to be."""
