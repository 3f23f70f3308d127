"""Backups of a hub's data folder, made while the hub runs, and their way back."""
