"""Backups of an embedded installation: database, stored files and signing key in one archive, and back."""
