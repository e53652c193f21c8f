"""Registered models that teach each other: who knows best of a sample, and what moves."""
