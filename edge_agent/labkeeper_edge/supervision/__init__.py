"""Drivers, run so that none can hurt another: found, placed, opened, watched, given up and tried again."""
