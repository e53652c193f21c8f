"""What an engine prints is kept, once, in bounded rows, by the holder of the job alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from pytest_django import Settings

from jobs.attempt import logkeeper
from jobs.attempt.logkeeper import LogKeeper, log_artifact
from jobs.models import Attempt, Blob, Job, LogChunk
from jobs.operations.claims import Claim, FencedOutError
from jobs.queries.logs import read_log
from jobs.storage.blobs import open_artifact
from jobs.storage.hashing import StorageError

pytestmark = pytest.mark.django_db


class Engine:
    """Prints into the log of a claim, and keeps what was printed."""

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        claim.folder.mkdir(parents=True)
        self.log = claim.folder / "engine.log"
        self.keeper = LogKeeper(claim, Attempt.objects.get(pk=claim.attempt_id))

    def say(self, text: str | bytes) -> None:
        with self.log.open("ab") as file:
            file.write(text.encode() if isinstance(text, str) else text)

    def kept(self) -> list[str]:
        self.keeper.flush()
        return [line.text for line in read_log(job_id=self.claim.job_id, limit=100_000).lines]


@pytest.fixture
def engine(make_job: Any, take: Callable[[], Claim], monkeypatch: pytest.MonkeyPatch) -> Engine:
    monkeypatch.setattr(logkeeper, "_EVERY", 0.0)
    make_job()
    return Engine(take())


def test_whole_lines_are_kept_and_the_rest_when_the_engine_is_gone(engine: Engine) -> None:
    assert engine.kept() == []
    engine.say("one\ntwo\nthr")
    assert engine.kept() == ["one", "two"]
    engine.say("ee\nfour")
    assert engine.kept() == ["one", "two", "three"]
    engine.keeper.finish()
    assert engine.kept() == ["one", "two", "three", "four"]


def test_without_anything_new_the_database_is_not_asked(
    engine: Engine, django_assert_num_queries: Any
) -> None:
    engine.say("one\n")
    engine.kept()
    with django_assert_num_queries(0):
        engine.keeper.flush()


def test_it_writes_no_more_than_twice_a_second(make_job: Any, take: Callable[[], Claim]) -> None:
    make_job()
    engine = Engine(take())
    engine.say("one\n")
    assert engine.kept() == ["one"]
    engine.say("two\n")
    assert engine.kept() == ["one"]
    engine.keeper.finish()
    assert engine.kept() == ["one", "two"]


def test_somebody_who_lost_the_job_keeps_nothing(engine: Engine) -> None:
    Job.objects.filter(pk=engine.claim.job_id).update(fence=99)
    engine.say("late\n")
    with pytest.raises(FencedOutError):
        engine.keeper.flush()
    assert not LogChunk.objects.exists()


@pytest.mark.parametrize("committed", [False, True])
def test_a_database_that_goes_away_neither_loses_nor_doubles_a_line(
    engine: Engine, committed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = engine.keeper._store

    def broken(pieces: list[Any]) -> None:
        if committed:
            store(pieces)
        raise OperationalError("gone")

    for number in range(100):
        engine.say(f"line {number}\n")
        if number % 7 == 3:
            monkeypatch.setattr(engine.keeper, "_store", broken)
            with pytest.raises(OperationalError):
                engine.keeper.flush()
            monkeypatch.setattr(engine.keeper, "_store", store)
        else:
            engine.keeper.flush()
    assert engine.kept() == [f"line {number}" for number in range(100)]


def test_bytes_that_are_no_text_are_kept_as_question_marks(engine: Engine) -> None:
    engine.say(b"a\x00b \xff\xfe c\r\n\xf0\x9f\x98\x80 \xed\xa0\x80\n")
    assert engine.kept() == ["ab ?? c", "\N{GRINNING FACE} ???"]


def test_a_line_without_an_end_is_cut_and_what_follows_is_kept(engine: Engine) -> None:
    engine.say("first\n")
    for _ in range(40):
        engine.say("x" * 100_000)
        engine.keeper.flush()
    engine.say("\nlast\n")
    first, long, last = engine.kept()
    assert (first, last) == ("first", "last")
    assert len(long) == logkeeper.LONGEST_LINE
    assert long.endswith("x...")


def test_a_long_line_among_others_is_cut_too(engine: Engine) -> None:
    engine.say("a\n" + "y" * 20_000 + "\nb\n")
    assert [len(line) for line in engine.kept()] == [1, logkeeper.LONGEST_LINE, 1]


def test_a_job_keeps_a_bounded_number_of_bytes_the_newest(engine: Engine, settings: Settings) -> None:
    settings.LOG_BYTES_KEPT = 300_000
    for number in range(1000):
        engine.say(f"{number:05} {'x' * 994}\n")
        if number % 20 == 19:
            engine.keeper.flush()
    kept = engine.kept()
    assert kept[-1].startswith("00999")
    assert 200_000 < sum(map(len, kept)) <= 300_000
    assert kept == sorted(kept)


def test_a_log_faster_than_its_reader_is_kept_with_a_gap_that_says_so(engine: Engine) -> None:
    engine.say("begin\n")
    engine.keeper.flush()
    engine.say("".join(f"{number:07}\n" for number in range(500_000)))
    engine.keeper.finish()
    kept = engine.kept()
    assert kept[0] == "begin"
    assert "bytes of the log are left out here" in kept[1]
    assert kept[-1] == "0499999"
    assert len(kept) < 40_000


def test_small_rows_are_joined_and_readers_keep_their_place(engine: Engine) -> None:
    seen: list[str] = []
    cursor = 0
    for number in range(500):
        engine.say(f"line {number} \N{SNOWMAN}\n")
        engine.keeper.flush()
        if number % 3 == 0:
            page = read_log(job_id=engine.claim.job_id, after=cursor)
            seen += [line.text for line in page.lines]
            cursor = page.after
    engine.say("end\n")
    engine.keeper.finish()
    seen += [line.text for line in read_log(job_id=engine.claim.job_id, after=cursor).lines]
    assert seen == [*(f"line {number} \N{SNOWMAN}" for number in range(500)), "end"]
    assert LogChunk.objects.count() <= logkeeper.MOST_SMALL_ROWS


def test_the_file_is_bounded_while_the_engine_prints(engine: Engine, settings: Settings) -> None:
    settings.LOG_BYTES_ON_DISK = 80_000
    for number in range(200):
        engine.say(f"{number:05} {'x' * 994}\n")
        engine.keeper.flush()
        assert engine.log.stat().st_size < 81_000
    kept = engine.kept()
    assert [line[:5] for line in kept] == [f"{number:05}" for number in range(200)]


def test_the_artifact_is_the_file_under_the_number_of_its_attempt(engine: Engine) -> None:
    assert log_artifact(engine.claim) is None
    engine.say(b"one\n\xff\x00")
    artifact = log_artifact(engine.claim)
    assert artifact is not None
    artifact.save()
    assert (artifact.name, artifact.media_type, artifact.size) == ("engine-1.log", "text/plain", 6)
    with open_artifact(artifact) as file:
        assert file.read() == b"one\n\xff\x00"


def test_a_log_that_cannot_be_stored_is_no_reason_to_end_otherwise(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_path: Path) -> Blob:
        raise StorageError("The disk is full.")

    engine.say("one\n")
    monkeypatch.setattr(logkeeper, "keep_file", full)
    assert log_artifact(engine.claim) is None
