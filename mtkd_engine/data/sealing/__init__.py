"""The one canonical form of a dataset: written, read, and what pages show of it."""
