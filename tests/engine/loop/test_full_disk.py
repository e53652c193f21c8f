"""A disk that fills up ends the engine with one sentence and exit code 74, and nothing half-made looks whole."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from mtkd_engine import checkpoint
from mtkd_engine.__main__ import main
from mtkd_engine.events import Failed, Finished
from mtkd_engine.fulldisk import NO_ROOM, is_full
from mtkd_engine.journal import Journal, read
from mtkd_engine.spec import parse, spec_hash
from tests.engine.loop.conftest import SOLO, Done

SPEC = {**SOLO, "recording": {"log_every": 1, "checkpoint_every": 2}}
ROOM = 4 * 2**20


@pytest.fixture
def little_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(place)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        pytest.skip(f"no file system can be mounted here: {error}")
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(disk: Path, *, but: int) -> Path:
    """This will take all room of a disk but so many bytes."""
    filler = disk / "filler"
    free = os.statvfs(disk)
    with filler.open("wb") as file:
        file.write(b"\0" * max(0, free.f_bavail * free.f_bsize - but))
    return filler


def begin(base: Path, *, out: Path, cache: Path, spec: dict[str, object] = SPEC) -> list[str]:
    path = base / f"{out.name}-of-{out.parent.name}.yaml"
    path.write_text(yaml.safe_dump(spec))
    return ["run", str(path), "--out", str(out), "--cache", str(cache), "--threads", "1"]


@pytest.mark.parametrize("kilobytes", [0, 12, 40, 150, 300])
def test_wherever_it_happens_the_run_ends_with_a_sentence_and_can_go_on(
    kilobytes: int, little_disk: Path, planted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = little_disk / "run"
    filler = fill(little_disk, but=kilobytes * 1024)
    command = begin(planted, out=out, cache=tmp_path / "cache")
    assert main(command) == NO_ROOM
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1, said
    assert "disk is full" in said or "No space left on device" in said
    hashed = spec_hash(parse(SPEC))
    for path in (out / "checkpoint").glob("*"):
        assert path.suffix == ".pt"
        assert checkpoint.load(path, spec_hash=hashed)["step"] == checkpoint.step_of(path)
    journal = out / "journal.jsonl"
    if journal.exists():
        assert journal.read_bytes().endswith(b"\n") or not journal.stat().st_size
        assert not any(isinstance(line.event, Failed) for line in read(journal))

    filler.unlink()
    if journal.exists() and (out / "sources.json").stat().st_size:
        assert main(["resume", str(out), "--cache", str(tmp_path / "cache"), "--threads", "1"]) == 0
        assert isinstance(list(read(journal))[-1].event, Finished)


def test_a_cache_without_room_keeps_nothing_half_made(
    little_disk: Path, planted: Path, alone: Done, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taught = {**SPEC, "teachers": [str(alone.model)], "method": {"kind": "emtm", "folds": 2}}
    filler = fill(little_disk, but=60 * 1024)
    command = begin(planted, out=tmp_path / "run", cache=little_disk / "cache", spec=taught)
    assert main(command) == NO_ROOM
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert not list(little_disk.rglob("*.partial"))
    filler.unlink()
    assert main(["resume", str(tmp_path / "run"), "--cache", str(little_disk / "cache")]) == 0


@pytest.mark.slow
def test_a_log_without_room_ends_the_engine_with_its_own_code(
    little_disk: Path, planted: Path, tmp_path: Path
) -> None:
    command = begin(planted, out=tmp_path / "run", cache=tmp_path / "cache")
    with (little_disk / "engine.log").open("ab") as log:
        log.write(b"x" * 4000)
        log.flush()
        fill(little_disk, but=0)
        done = subprocess.run(
            [sys.executable, "-m", "mtkd_engine", *command],
            stdout=log,
            stderr=subprocess.STDOUT,
            timeout=120,
            check=False,
        )
    assert done.returncode == NO_ROOM
    assert b"Traceback" not in (little_disk / "engine.log").read_bytes()


def test_a_line_of_the_journal_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "j"
    write = os.write
    with Journal(path) as journal:
        journal.append(Failed(cause="a", message="b"))

        def half(fd: int, data: bytes) -> int:
            if len(data) < 20:
                raise OSError(errno.ENOSPC, "No space left on device")
            return write(fd, data[:-10])

        monkeypatch.setattr(os, "write", half)
        with pytest.raises(OSError, match="No space left"):
            journal.append(Failed(cause="c", message="d"))
        monkeypatch.undo()
        assert journal.append(Failed(cause="e", message="f")) == 2
    assert [line.payload["cause"] for line in read(path)] == ["a", "e"]


def test_a_full_disk_is_known_by_whatever_library_met_it() -> None:
    first = OSError(errno.EDQUOT, "Disk quota exceeded")
    later = RuntimeError("unexpected pos 704 vs 598")
    later.__context__ = first
    assert is_full(later)
    assert is_full(ValueError("I/O error: No space left on device (os error 28)"))
    assert not is_full(OSError(errno.EACCES, "Permission denied"))
    assert not is_full(RuntimeError("unexpected"))
