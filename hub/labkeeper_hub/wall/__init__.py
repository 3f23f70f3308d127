"""The projector wall: what everybody in a lab may see from the last row, and links that open it without signing in."""
