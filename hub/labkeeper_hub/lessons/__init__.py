"""Lessons: who teaches in a lab until when, its scenes, and what several wishes together came to."""
