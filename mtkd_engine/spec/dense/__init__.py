"""What tasks share that tell something of every pixel; torch-free."""
