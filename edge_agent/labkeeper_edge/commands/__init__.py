"""Commands: who may, whether still, executed once."""
