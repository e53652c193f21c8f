"""Advisory locks of the database, each with its number."""

from __future__ import annotations

from enum import IntEnum

from django.db import connection


class Lock(IntEnum):
    """What a number means; two programs with one number would wait for each other."""

    FIRST_ADMIN = 7_301
    CLAIM = 7_302
    TICK = 7_303
    REGISTRATION = 7_304
    KEYED_CALL = 7_305
    PEOPLE = 7_306


def hold(lock: Lock) -> None:
    """This will wait for a lock and keep it until the present transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int(lock)])


def try_to_hold(lock: Lock) -> bool:
    """This will take a lock until the present transaction ends; False at once when another has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [int(lock)])
        row = cursor.fetchone()
    return bool(row and row[0])


def try_to_hold_for(lock: Lock, text: str) -> bool:
    """This will take one of many locks of a kind, told apart by a text, as `try_to_hold` does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))", [int(lock), text])
        row = cursor.fetchone()
    return bool(row and row[0])
