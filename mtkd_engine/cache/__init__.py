"""Teachers' knowledge on disk, computed once."""
