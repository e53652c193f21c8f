"""A running mtkd for as long as a `with` block lasts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from jobs.local.home import Home
from jobs.local.leftovers import end_leftovers
from jobs.local.lock import HomeLock, is_locked, read_note
from jobs.local.tree import Report, Tree


@dataclass(frozen=True, kw_only=True)
class Running:
    """What a block may use. `tree` is None when another process (`manage.py up`) runs it."""

    home: Home
    url: str
    tree: Tree | None


@contextmanager
def running(
    *,
    home: Home | None = None,
    web: bool = False,
    workers: int = 0,
    environment: Mapping[str, str] | None = None,
    report: Report | None = None,
    durable: bool = True,
    migrate: bool = True,
    attach: bool = True,
) -> Iterator[Running]:
    """This will run database and broker, on request web and workers, as children for the length of the block.

    DATABASE_URL and BROKER_URL replace their servers. When a tree already runs in this home, the block uses
    that one (`attach`), else AlreadyRunningError is raised. Call it from the main thread. Nothing is
    restarted unless the block calls `tree.check()`.
    """
    home = Home.from_environment() if home is None else home
    home.make()
    note = read_note(home)
    if attach and note is not None and is_locked(home):
        yield Running(home=home, url=note.url, tree=None)
        return
    with HomeLock(home):
        end_leftovers(home)
        tree = Tree(home=home, environment=environment, report=report, durable=durable)
        try:
            tree.start_servers()
            if migrate:
                tree.migrate()
            if web:
                tree.start_web()
            tree.start_workers(workers)
            yield Running(home=home, url=tree.url, tree=tree)
        finally:
            tree.stop()
