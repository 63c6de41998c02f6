"""Files: what they are called, what they take in memory, and how they are read, locked and written."""
