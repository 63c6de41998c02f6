"""Commands for files of results and tasks on this machine."""
