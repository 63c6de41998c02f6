"""Array functions of counts."""
