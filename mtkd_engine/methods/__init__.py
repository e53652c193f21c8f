"""How knowledge moves: one file per method."""
