"""From what drivers say to what is kept: sampled, committed, settled."""
