"""The check of a dataset: what is in it, what is wrong with it, what mends it."""
