"""Everything that reads rows for a person or a program."""
