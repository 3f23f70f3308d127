"""Drivers in processes of their own: what is said between node and process, and both ends of it."""
