"""The commands of the engine's command line: what each takes, and what it calls; torch-free until one is run."""
