"""The journal: the hub's own time-series store; docs/decisions/0010-journal.md says why it looks like this."""
