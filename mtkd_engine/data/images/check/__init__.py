"""The check of a dataset of images: every image read to its end, every label held against the classes."""
