"""Alarms, as ISA-18.2 and IEC 62682 mean them: each needs a timely response by a named role, or it is a note."""
