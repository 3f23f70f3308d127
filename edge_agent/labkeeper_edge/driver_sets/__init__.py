"""Driver instances that the hub may add to a node: checked whole, kept beside the own file, applied by difference."""
