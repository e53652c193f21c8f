"""How good networks are that tell something of every pixel."""
