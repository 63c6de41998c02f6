"""For whoever runs a scheduler: request ids, the access log, health, metrics, the form of the API."""
