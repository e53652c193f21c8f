"""The websocket that keeps a job page up to date."""
