"""Checking what people looked at, and sealing it once nothing is left to decide."""
