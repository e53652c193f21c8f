"""The check of a dataset of clips: every clip read to its end, every label held against the classes."""
