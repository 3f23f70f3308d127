"""Measured claims: each module prints one JSON line and ends by itself; docs/reference/benchmarks.md describes them."""
