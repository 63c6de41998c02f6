"""Columns with the settings of files: which values are one, what is asked of them, names of groups."""
