"""The keyboard: one console script, each command loaded only when it is called."""
