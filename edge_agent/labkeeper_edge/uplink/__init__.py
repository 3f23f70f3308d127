"""The node's half of the wire: sessions, births, and the window of batches on their way."""
