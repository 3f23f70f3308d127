"""Automations: what a facility does by itself, why it did, and what it would have done."""
