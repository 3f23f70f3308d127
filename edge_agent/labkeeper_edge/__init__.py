"""The node: drivers, sampling, outbox, commands and safe values."""
