"""Recordings: intervals over chosen points of a lab, with markers, sealed when everything has arrived."""
