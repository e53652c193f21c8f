"""What a job does from beginning to end, one module per task."""
