"""What an image classifier is taken away as."""
