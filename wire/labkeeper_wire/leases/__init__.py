"""Leases: the right to command a lab, a bench or a device, with an end and a fence number. Pure rules, no clock.

`book` decides at the hub who holds what, `table` is what a node is told of it, `tenure` is what the node makes of that.
"""
