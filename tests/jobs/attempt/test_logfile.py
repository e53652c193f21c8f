"""A log that grows without end stays small on disk, and its places keep their meaning."""

from __future__ import annotations

from pathlib import Path

from jobs.attempt.logfile import LogFile

ROOM = 8_000


def printed(first: int, last: int) -> bytes:
    return b"".join(b"line %07d\n" % number for number in range(first, last))


def grow(path: Path, more: bytes) -> None:
    with path.open("ab") as file:
        file.write(more)


def test_a_small_log_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "engine.log"
    log = LogFile(path)
    log.bound(ROOM)
    assert log.end() == 0
    grow(path, b"one\ntwo\n")
    log.bound(ROOM)
    assert log.end() == 8
    assert log.read(4, most=100) == (4, b"two\n")
    assert path.read_bytes() == b"one\ntwo\n"


def test_a_log_that_grew_too_large_keeps_head_and_tail_and_says_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "engine.log"
    log = LogFile(path)
    grow(path, printed(0, 1000))
    log.bound(ROOM)
    head, notice, tail = path.read_bytes().partition(b"... ")
    assert head == printed(0, 76)
    assert notice
    missing, _, rest = tail.partition(b" bytes of this log are left out here ...\n")
    assert rest == printed(924, 1000)
    assert int(missing.replace(b",", b"")) == len(printed(76, 924))


def test_places_count_what_was_printed_however_often_the_middle_goes(tmp_path: Path) -> None:
    path = tmp_path / "engine.log"
    log = LogFile(path)
    for round_ in range(10):
        grow(path, printed(round_ * 1000, (round_ + 1) * 1000))
        log.bound(ROOM)
        assert path.stat().st_size < ROOM
    everything = printed(0, 10_000)
    assert log.end() == len(everything)
    for place in (0, 130, len(everything) - 130):
        assert log.read(place, most=13) == (place, everything[place : place + 13])
    begin, block = log.read(len(everything) // 2, most=13)
    assert begin > len(everything) // 2
    assert block == everything[begin : begin + 13]


def test_what_the_engine_appends_afterwards_comes_behind_the_tail(tmp_path: Path) -> None:
    path = tmp_path / "engine.log"
    with path.open("ab", buffering=0) as engine:
        engine.write(printed(0, 1000))
        log = LogFile(path)
        log.bound(ROOM)
        engine.write(b"last words\n")
    assert path.read_bytes().endswith(b"line 0000999\nlast words\n")
    assert log.read(13_000, most=100) == (13_000, b"last words\n")
