"""What a circuit multiplies up to, and what is kept of it while its Parameters change."""
