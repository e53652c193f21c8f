"""Networks with an output for every pixel on their way to be teachers: told, completed, measured."""
