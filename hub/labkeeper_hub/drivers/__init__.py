"""Driver instances of nodes, as people configure them here: sealed, sent, answered by the node, kept by version."""
