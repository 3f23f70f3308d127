"""A simulated week of a school: readings on event time, the real catalogue and judges, and people who respond."""
