"""Migrations after 0004 go forward and back on tables with rows, and keep nobody from the big tables."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.db.migrations import Migration, executor
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from jobs import migrations
from jobs.models import Attempt, Event, MetricChunk
from tests.jobs.conftest import MakeJob

BEFORE = "0004_blobs_only"
LATER = sorted(path.stem for path in Path(migrations.__path__[0]).glob("0*.py") if path.stem > BEFORE)
BIG = ("jobs_event", "jobs_metricchunk")
LONG = {
    "a change of type": r"ALTER COLUMN \S+ TYPE",
    "a scan for empty values": r"SET NOT NULL",
    "a scan for a constraint": r"ADD CONSTRAINT (?!.*NOT VALID)",
    "a default that is computed for each row": r"ADD COLUMN .* DEFAULT [^ ]*\(",
    "a generated column": r"GENERATED ALWAYS",
    "an index that keeps writers away": r"CREATE (UNIQUE )?INDEX (?!CONCURRENTLY)",
    "a rewrite": r"SET TABLESPACE|CLUSTER|VACUUM FULL",
    "a change of every row": r"^(UPDATE|DELETE)",
}


class OneByOne(MigrationLoader):
    """Migrations as they came: who stands for several steps back, as on a database that has some of them."""

    def build_graph(self) -> None:
        self.replace_migrations = False
        super().build_graph()
        for key, found in self.replacements.items():
            self.graph.remove_replacement_node(key, found.replaces)


def migration(name: str) -> Migration:
    return OneByOne(connection).graph.nodes["jobs", name]


def statements(name: str) -> list[str]:
    """What a migration sends to the database."""
    loader = OneByOne(connection)
    found = loader.collect_sql([(loader.graph.nodes["jobs", name], False)])
    return [line.strip() for line in found if line.strip() and not line.startswith("--")]


def about_big_tables(lines: list[str]) -> list[str]:
    """Statements on the tables that hold millions of rows, unless the same migration has just made them."""
    made = set(re.findall(r'CREATE TABLE "(\w+)"', "\n".join(lines)))
    return [line for line in lines for table in BIG if table not in made and _is_on(line, table)]


def what_takes_long(lines: list[str]) -> dict[str, str]:
    return {what: line for what, form in LONG.items() for line in lines if re.search(form, line)}


def _is_on(line: str, table: str) -> bool:
    return re.search(rf'(TABLE|ON|UPDATE|FROM) (ONLY )?"{table}"', line) is not None


@pytest.fixture
def _back_to_now(transactional_db: None) -> Iterator[None]:
    yield
    call_command("migrate", verbosity=0, interactive=False)


@pytest.fixture
def rows(_back_to_now: None, make_job: MakeJob) -> Attempt:
    """Something in the tables that grow."""
    attempt = Attempt.objects.create(job=make_job(), number=1, fence=1, worker="here")
    Event.objects.create(
        job=attempt.job, attempt=attempt, seq=1, kind="said", payload={"a": 1}, at=timezone.now()
    )
    MetricChunk.objects.create(
        **{"job": attempt.job, "attempt": attempt, "metric": "loss", "seq_first": 2, "seq_last": 2},  # noqa: PIE804
        **{"step_first": 1, "step_last": 1, "points": 1, "minimum": 0, "maximum": 1, "data": b"\x00" * 20},  # noqa: PIE804
    )
    return attempt


def test_the_tables_are_what_the_models_say(db: None) -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def test_a_new_database_gets_the_tables_that_one_by_one_would_come() -> None:
    at_once, one_by_one = (kind(None).project_state() for kind in (MigrationLoader, OneByOne))
    found = MigrationAutodetector(one_by_one, at_once).changes(OneByOne(None).graph)
    assert not [operation for changes in found.values() for each in changes for operation in each.operations]


@pytest.mark.parametrize("name", LATER)
def test_a_migration_can_be_taken_back(name: str, db: None) -> None:
    assert all(operation.reversible for operation in migration(name).operations)


@pytest.mark.parametrize("name", LATER)
def test_a_migration_keeps_nobody_from_the_big_tables(name: str, transactional_db: None) -> None:
    lines = about_big_tables(statements(name))
    assert not what_takes_long(lines)
    if any("CONCURRENTLY" in line for line in lines):
        assert not migration(name).atomic


@pytest.mark.parametrize(
    "line",
    [
        'ALTER TABLE "jobs_event" ALTER COLUMN "seq" TYPE integer USING "seq"::integer;',
        'ALTER TABLE "jobs_event" ADD COLUMN "id2" uuid DEFAULT gen_random_uuid() NOT NULL;',
        'CREATE INDEX "x" ON "jobs_metricchunk" ("metric");',
        'ALTER TABLE "jobs_metricchunk" ADD CONSTRAINT "y" CHECK ("points" > 0);',
        'ALTER TABLE "jobs_event" ALTER COLUMN "step" SET NOT NULL;',
        'UPDATE "jobs_event" SET "kind" = 0;',
    ],
)
def test_what_would_keep_them_away_is_seen(line: str) -> None:
    assert what_takes_long(about_big_tables([line]))


def test_what_is_done_at_once_is_let_through() -> None:
    lines = [
        'ALTER TABLE "jobs_event" ADD COLUMN "a" integer NULL;',
        'ALTER TABLE "jobs_metricchunk" ADD COLUMN "layout" smallint DEFAULT 1 NOT NULL CHECK ("layout" >= 0);',
        'CREATE INDEX CONCURRENTLY "x" ON "jobs_metricchunk" ("metric");',
        'CREATE INDEX "x" ON "jobs_job" ("queue");',
        'CREATE TABLE "jobs_beat" ("name" varchar(40) NOT NULL PRIMARY KEY);',
    ]
    assert len(about_big_tables(lines)) == 3
    assert not what_takes_long(about_big_tables(lines))


@pytest.mark.slow
def test_rows_survive_the_way_back_and_forth_while_others_read_and_write(
    rows: Attempt, meanwhile: Callable[[Callable[[], None]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever works meanwhile has short transactions; a migration waits for them at most five seconds."""
    before = (Event.objects.get().payload, bytes(MetricChunk.objects.get().data))
    is_over = False
    worked: list[int] = []

    def work() -> None:
        while not is_over:
            with connections["default"].cursor() as cursor:
                cursor.execute("SET statement_timeout = '5s'")
                cursor.execute("SELECT count(*) FROM jobs_event")
                cursor.execute("UPDATE jobs_event SET step = coalesce(step, 0) + 1 RETURNING step")
                worked.append(cursor.fetchall()[0][0])
                cursor.execute("UPDATE jobs_metricchunk SET points = points")

    sent: list[str] = []

    def note(execute: Any, sql: str, *rest: Any) -> Any:
        sent.append(sql)
        return execute(sql, *rest)

    meanwhile(work)
    monkeypatch.setattr(executor, "MigrationLoader", OneByOne)
    indexes: dict[str, set[frozenset[str]]] = {}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '5s'")
        for name in [*reversed([BEFORE, *LATER]), *LATER]:
            count = len(worked)
            with connection.execute_wrapper(note):
                # As the command does, which would also make the models of before and after for those who listen.
                executor.MigrationExecutor(connection).migrate([("jobs", name)])
            indexes.setdefault(name, set()).add(frozenset(of_big_tables()))
            wait_for_more(worked, count)
    finally:
        is_over = True
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")
    assert not what_takes_long(about_big_tables(sent))  # what Python sends shows here only
    assert all(len(found) == 1 for found in indexes.values()), "a way back leads elsewhere"
    assert (Event.objects.get().payload, bytes(MetricChunk.objects.get().data)) == before


def of_big_tables() -> set[str]:
    """Indexes of the tables that grow, as the database defines them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE tablename = ANY(%s)", [list(BIG)])
        return {found for (found,) in cursor.fetchall()}


def wait_for_more(worked: list[Any], count: int) -> None:
    deadline = time.monotonic() + 10
    while len(worked) <= count:
        assert time.monotonic() < deadline, "nobody could work any more"
        time.sleep(0.01)
