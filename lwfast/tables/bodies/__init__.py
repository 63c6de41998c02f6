"""Bodies of results: JSON to tables, and tables to JSON."""
