"""What people fill in, and how it becomes data."""
