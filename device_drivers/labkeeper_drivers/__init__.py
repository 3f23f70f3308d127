"""One module per hardware family; found by entry point, never imported by name."""
