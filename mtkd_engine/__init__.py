"""Multi-teacher distillation engine; importing the package itself imports nothing."""
