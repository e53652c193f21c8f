"""Labelled images: readers, checks, sealing, decoding; torch-free."""
