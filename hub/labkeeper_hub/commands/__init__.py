"""Commands: asked by people, carried out by nodes; only the node's word moves one past `sent`."""
