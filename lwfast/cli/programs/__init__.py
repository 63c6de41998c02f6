"""Commands that run a program of the user's."""
