"""Registrations carried out: put together, checked by an engine, kept."""
