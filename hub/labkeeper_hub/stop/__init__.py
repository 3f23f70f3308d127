"""Stop-all at the hub: said on a connection of its own, counted from what the nodes confirm, released in two steps."""
