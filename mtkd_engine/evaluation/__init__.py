"""Measuring students, teachers, aggregated targets and the baselines beside them."""
