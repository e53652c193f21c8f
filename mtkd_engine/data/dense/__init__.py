"""Datasets whose truth is told pixel by pixel, whatever is told there."""
