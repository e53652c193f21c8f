"""The servers and processes of one host: embedded PostgreSQL and Valkey, and the tree of `manage.py up`.

Nothing here needs Django to be configured, because the settings themselves ask this package for addresses.
"""

from jobs.local.session import Running, running

__all__ = ["Running", "running"]
