"""Addresses, tokens and settings of the client."""
