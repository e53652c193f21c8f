"""One attempt at a job: its folder, its supervisor, what is recorded and published of it."""
