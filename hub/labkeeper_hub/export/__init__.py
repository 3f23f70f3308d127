"""Readings to take away: CSV and Parquet files of any window, made by a process of their own.

Why not in the hub: loading Arrow holds the interpreter for longer than the page may wait, and it would stay in memory.
"""
