"""How networks are trained that tell something of every pixel."""
