from __future__ import annotations

import os
from pathlib import Path

import pytest

from jobs.engine import memory
from jobs.engine.family import Family
from jobs.engine.memory import ControlGroup, own_bytes, resident_bytes


@pytest.fixture
def group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[ControlGroup, Path]:
    """A control group in a folder of the test."""
    monkeypatch.setattr(memory, "_folder_of_this_process", lambda: tmp_path)
    return ControlGroup(), tmp_path


@pytest.mark.parametrize(
    ("limit", "counter", "number"),
    [
        ("memory.max", "memory.events", "low 0\noom 3\noom_kill 2\n"),
        ("memory.limit_in_bytes", "memory.oom_control", "under_oom 0\noom_kill 2\n"),
    ],
)
def test_both_versions_of_control_groups_are_understood(
    group: tuple[ControlGroup, Path], limit: str, counter: str, number: str
) -> None:
    found, folder = group
    (folder / limit).write_text("4096\n")
    (folder / counter).write_text(number)
    assert (found.limit(), found.kills()) == (4096, 2)


@pytest.mark.parametrize("unlimited", [("memory.max", "max"), ("memory.limit_in_bytes", str(2**63 - 4096))])
def test_a_group_without_a_limit_has_none(
    group: tuple[ControlGroup, Path], unlimited: tuple[str, str]
) -> None:
    found, folder = group
    (folder / unlimited[0]).write_text(unlimited[1])
    assert (found.limit(), found.kills()) == (None, 0)


def test_pages_that_processes_share_count_once_where_it_matters(tmp_path: Path) -> None:
    family = Family(os.getpid(), folder=tmp_path)
    assert 0 < own_bytes(family) <= resident_bytes(family) * 1.1


def test_a_process_that_is_gone_takes_no_memory(tmp_path: Path) -> None:
    assert resident_bytes(Family(2**22 - 1, folder=tmp_path)) == 0
