"""Derived points: what the hub computes from what was measured, stored and shown like any point, with its lineage."""
