"""Commands of manage.py without a process of their own, which takes a second to start."""

from __future__ import annotations

from django.core.management import execute_from_command_line


def managed_here(*arguments: str) -> int:
    """This will run a command that says something and ends, as help and refused options do; its exit status."""
    try:
        execute_from_command_line(["manage.py", *arguments])
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0
