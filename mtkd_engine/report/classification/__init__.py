"""The end of a job of task classification: what is measured, compared and written."""
