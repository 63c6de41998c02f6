"""Commands that ask a scheduler."""
