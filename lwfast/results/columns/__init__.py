"""Columns of states: found, ordered, shown and handed on, with the record that travels beside them."""
