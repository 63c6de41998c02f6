"""Lightworks' deep paths: which of our names stand at each, and why some stand at none."""
