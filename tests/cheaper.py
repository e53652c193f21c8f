"""What costs a test most and proves nothing, made cheap: for the process of the tests, not for those it starts."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core.management.commands import flush
from django.db import connection, transaction
from django.db.backends.postgresql.operations import DatabaseOperations
from pytest_django import DjangoDbBlocker
from whitenoise.middleware import WhiteNoiseMiddleware

from mtkd_engine.profile import classification, dense, grounding
from mtkd_engine.profile.measuring import RUNS

Made = TypeVar("Made")
LARGE = 8 << 20
"""Bytes of all tables from which on emptying them by rows would be the dearer way, and would leave its waste."""
MADE_BY_MIGRATIONS = ("django_content_type", "auth_permission")
"""Tables that no test writes: emptied, they would be filled again after each test."""
FEW = 3
"""Runs that time a network in a test, which says of no network how fast it is."""
LAST_TO_GIVE_WAY = """
    SELECT set_config('deadlock_timeout', '1min', true) FROM pg_roles WHERE rolname = current_user AND rolsuper
"""
"""Who empties tables and a process that answers a page nobody waits for any more may each wait for the other."""


def make_cheaper(monkeypatch: pytest.MonkeyPatch) -> None:
    """This will hold until the patches are taken back."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)  # no test takes the power away
    monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", 10)  # nobody guesses the passwords of tests
    monkeypatch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", _listed_once())
    monkeypatch.setattr(DatabaseOperations, "sql_flush", _emptied_by_rows(DatabaseOperations.sql_flush))
    for task in (classification, dense, grounding):
        monkeypatch.setattr(task, "latencies", _timed_by_few_runs(task.latencies))
    monkeypatch.setattr(flush, "emit_post_migrate_signal", lambda *_, **__: None)  # MADE_BY_MIGRATIONS stay
    for logger in _closed_loggers():
        monkeypatch.setattr(logger, "propagate", True)


@contextmanager
def rows_of_many_tests(blocker: DjangoDbBlocker, make: Callable[[], Made]) -> Iterator[Made]:
    """This will keep the rows that `make` makes for all tests inside, each of which takes back what it changes.

    It is for fixtures of a class or module none of whose tests is transactional.
    """
    with blocker.unblock():
        whole = transaction.atomic()
        whole.__enter__()
    try:
        with blocker.unblock():
            made = make()
        yield made
    finally:
        with blocker.unblock():
            transaction.set_rollback(True)
            whole.__exit__(None, None, None)


def _closed_loggers() -> list[logging.Logger]:
    """Forty, of torch: pytest goes to each six times a test to hear what it says, and hears the rest at the root."""
    known = [found for found in logging.root.manager.loggerDict.values() if isinstance(found, logging.Logger)]
    return [logger for logger in known if logger.name.startswith("torch") and not logger.propagate]


def _listed_once() -> Callable[[WhiteNoiseMiddleware], None]:
    """Every client of a test has middleware of its own, which would look through all static files again."""
    look_through = WhiteNoiseMiddleware.add_files_from_finders
    found: dict[str, Any] = {}

    def list_them(self: WhiteNoiseMiddleware) -> None:
        if not found:
            look_through(self)
            found.update(self.files)
        self.files.update(found)

    return list_them


def _timed_by_few_runs(latencies: Callable[..., list[float]]) -> Callable[..., list[float]]:
    """A job times every network 50 times; a test that asks for a number of runs gets it."""

    def few(*given: Any, runs: int, **named: Any) -> list[float]:
        return latencies(*given, runs=FEW if runs == RUNS else runs, **named)

    return few


def _emptied_by_rows(truncate: Callable[..., list[str]]) -> Callable[..., list[str]]:
    """TRUNCATE gives each table new files, which takes longer than most tests leave rows behind.

    The lock is the same: whoever still writes is waited for, and what they wrote goes too.
    """

    def sql_flush(
        self: DatabaseOperations,
        style: Any,
        tables: Sequence[str],
        *,
        reset_sequences: bool = False,
        allow_cascade: bool = False,
    ) -> list[str]:
        written = [table for table in tables if table not in MADE_BY_MIGRATIONS]
        names = [self.quote_name(table) for table in written]
        if reset_sequences or not names or _bytes_of(names) > LARGE:
            return truncate(
                self, style, written, reset_sequences=reset_sequences, allow_cascade=allow_cascade
            )
        # References are looked at when the transaction ends, in which nothing is left to refer to.
        return [
            LAST_TO_GIVE_WAY,
            f"LOCK TABLE {', '.join(names)} IN ACCESS EXCLUSIVE MODE",
            *(f"DELETE FROM {name}" for name in names),
        ]

    return sql_flush


def _bytes_of(names: list[str]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(pg_relation_size(found::regclass)) FROM unnest(%s::text[]) AS found", [names]
        )
        return int(cursor.fetchone()[0])
