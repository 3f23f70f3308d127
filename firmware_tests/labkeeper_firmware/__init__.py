"""The conformance suite for device firmware lives here."""
