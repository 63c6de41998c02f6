"""Tools without physics."""
