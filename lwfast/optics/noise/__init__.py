"""Sources, loss and detectors."""
