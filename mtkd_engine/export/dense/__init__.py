"""What of an export is particular to tasks with an output for every pixel: the form, the reader, what a card tells."""
