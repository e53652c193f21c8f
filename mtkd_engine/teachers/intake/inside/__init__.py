"""What runs in the confined process that reads a stranger's checkpoint; nothing here is called anywhere else."""
