"""Splits of labelled samples as batches, by what a sample is."""
