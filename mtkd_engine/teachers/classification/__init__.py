"""Image classifiers as teachers: alive beside the student, or read from the cache."""
