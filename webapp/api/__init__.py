"""The REST API: the same operations and queries as the pages."""
