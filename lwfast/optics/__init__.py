"""Array functions of light."""
