"""How good classifiers are, alone and together, and what is written down of every sample."""
