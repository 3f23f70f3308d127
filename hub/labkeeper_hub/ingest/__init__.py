"""From the broker to the journal and the live values: docs/explanation/the-way-of-a-reading.md tells the way."""
