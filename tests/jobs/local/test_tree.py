from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator

import pytest
from django.conf import settings

from jobs.local import running, tree
from jobs.local.child import Child, Program, wait_until
from jobs.local.home import Home, LocalError
from jobs.local.lock import AlreadyRunningError, HomeLock, read_note
from jobs.local.tree import Tree, how_it_ended

SAYS_GOODBYE = (
    "import signal, sys, time\n"
    "def leave(*_): print('bye', time.monotonic_ns(), flush=True); sys.exit()\n"
    "signal.signal(signal.SIGTERM, leave); print('up', flush=True)\n"
    "while True: signal.pause()"
)


class Stage:
    """A tree of small programs in place of the real ones, and what it reports."""

    def __init__(self, home: Home) -> None:
        self.said: list[str] = []
        self.home = home
        self.tree = Tree(home=home, report=lambda _name, text: self.said.append(text))

    def add(self, name: str, code: str) -> Child:
        program = Program(name=name, command=[sys.executable, "-c", code], stop_seconds=5)
        return self.tree.add(name, lambda: Child(program=program, home=self.home))

    def goodbye(self, name: str) -> int:
        return int((self.home.logs / f"{name}.log").read_text().split()[-1])


@pytest.fixture
def stage(home: Home) -> Iterator[Stage]:
    stage = Stage(home)
    yield stage
    stage.tree.kill()


def test_workers_stop_first_and_then_the_others_in_opposite_order(stage: Stage) -> None:
    names = ["database", "broker", "web", "intake", "worker-1", "worker-2"]
    children = [stage.add(name, SAYS_GOODBYE) for name in names]
    for child in children:
        assert wait_until(lambda child=child: child.last_lines() == "up", seconds=10)  # type: ignore[misc]
    stage.tree.stop()
    order = sorted(names, key=stage.goodbye)
    assert set(order[:3]) == {"intake", "worker-1", "worker-2"}
    assert order[3:] == ["web", "broker", "database"]
    assert read_note(stage.home) is None


def test_a_child_that_is_killed_comes_back(stage: Stage) -> None:
    first = stage.add("web", SAYS_GOODBYE)
    first.kill()

    def is_back() -> bool:
        stage.tree.check()
        return "web" in stage.tree.children and stage.tree.children["web"].pid != first.pid

    assert wait_until(is_back, seconds=5)
    assert stage.said == ["web was killed by SIGKILL: starting it again.", "web runs again."]


def test_a_child_that_keeps_ending_ends_the_tree_with_a_sentence(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tree, "DELAYS", (0.0,) * 10)
    stage.add("web", "raise SystemExit(3)")

    def never() -> bool:
        stage.tree.check()
        return False

    with pytest.raises(
        LocalError, match=r"web ended with exit code 3; that was failure 6 in a row.*web\.log"
    ):
        wait_until(never, seconds=20)


def test_addresses_given_start_nothing(servers: Home, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", servers.database_url)
    monkeypatch.setenv("BROKER_URL", str(settings.BROKER_URL))
    with running(home=home, migrate=False) as block:
        assert block.tree is not None
        assert block.tree.children == {}
    assert not (home.root / "postgres").exists()


def test_one_address_given_starts_the_other_server(
    servers: Home, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", servers.database_url)
    with running(home=home, migrate=False) as block:
        assert block.tree is not None
        assert list(block.tree.children) == ["broker"]


def test_two_copies_run_next_to_each_other(servers: Home, home: Home) -> None:
    with running(home=home, migrate=False, durable=False) as block:
        assert block.tree is not None
        assert set(block.tree.children) == {"database", "broker"}


def test_a_second_tree_in_one_home_is_refused_or_joins(home: Home) -> None:
    with HomeLock(home):
        with pytest.raises(AlreadyRunningError, match="already running"), HomeLock(home):
            pass
        Tree(home=home)
        with running(home=home) as block:
            assert block.tree is None


def test_the_lock_of_a_home_is_free_again_afterwards(home: Home) -> None:
    for _ in range(2):
        with HomeLock(home):
            pass


def test_workers_of_jobs_come_with_one_of_registrations(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    monkeypatch.setattr(Tree, "add", lambda _tree, name, _start: started.append(name))
    Tree(home=home).start_workers(0)
    assert started == []
    Tree(home=home).start_workers(2)
    assert started == ["intake", "worker-1", "worker-2"]


def test_exit_codes_have_words() -> None:
    assert how_it_ended(-signal.SIGKILL) == "was killed by SIGKILL"
    assert how_it_ended(2) == "ended with exit code 2"


def test_a_database_that_is_killed_comes_back_and_the_rest_goes_on(home: Home) -> None:
    with running(home=home, migrate=False, durable=False) as block:
        assert block.tree is not None
        before = {name: child.pid for name, child in block.tree.children.items()}
        os.kill(before["database"], signal.SIGKILL)

        def is_back() -> bool:
            assert block.tree is not None
            block.tree.check()
            return block.tree.children.get("database", None) is not None and (
                block.tree.children["database"].pid != before["database"]
            )

        assert wait_until(is_back, seconds=20)
        assert block.tree.children["broker"].pid == before["broker"]
