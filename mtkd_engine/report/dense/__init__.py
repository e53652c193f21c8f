"""What a job leaves whose network tells something of every pixel."""
