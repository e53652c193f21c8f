"""Videos: what strangers hand in becomes streams of one kind, and what is read of these afterwards."""
