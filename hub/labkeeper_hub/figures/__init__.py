"""What the hub knows of itself, written into the journal as readings of nodes that no school can have."""
