"""The REST routes, one module per feature."""
