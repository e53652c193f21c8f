#!/usr/bin/env python
"""The command line of the application: `python manage.py up` starts everything, `help` lists the rest."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """This will run the command named on the command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
