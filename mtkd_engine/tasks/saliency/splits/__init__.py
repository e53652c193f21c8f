"""Splits of pictures and videos that people looked at, as batches."""
