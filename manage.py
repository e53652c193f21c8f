#!/usr/bin/env python
"""The command line of the application: `python manage.py up` starts everything, `help` lists the rest."""

from __future__ import annotations

import os
import sys

from mtkd_engine.loading import loading


def main() -> None:
    """This will run the command named on the command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
    with loading():
        import django
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
        from django.db import OperationalError

        try:
            django.setup()
        except ImproperlyConfigured as error:
            sys.exit(str(error))

    try:
        execute_from_command_line(sys.argv)
    except OperationalError as error:
        sys.exit(_no_database(error))


def _no_database(error: Exception) -> str:
    """This will return the sentence for a person whose command found no database."""
    from django.conf import settings

    if settings.DATABASE_IS_EMBEDDED and not (settings.HOME.postgres_sockets / ".s.PGSQL.5432").exists():
        return f"The database of {settings.MTKD_HOME} does not run: start it with `python manage.py up`."
    return f"The database does not answer as asked: {' '.join(str(error).split())}"


if __name__ == "__main__":
    main()
