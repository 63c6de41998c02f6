"""What the commands print: tables, JSON, words and numbers."""
