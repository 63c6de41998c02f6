"""Jobs in memory, and who is next."""
