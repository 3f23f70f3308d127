"""Leases at the hub: who holds what, on disk before any node is told, and told to the nodes over and over."""
