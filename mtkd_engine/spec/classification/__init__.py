"""What a job of task classification says; torch-free."""
