"""Telling people: who is told of which alarm, when, by which channel, and what became of every message."""
