"""What a node does by itself: safe values when it is left alone, and the stop."""
