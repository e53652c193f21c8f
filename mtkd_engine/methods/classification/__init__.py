"""How knowledge moves to an image classifier: one file per method."""
