"""Batches made ahead are those made in their turn, and no thread outlives who asked for them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from mtkd_engine.tasks.ahead import in_turn


def threads_of_batches() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("batches")]


@pytest.mark.parametrize("ahead", [False, True])
@pytest.mark.parametrize("count", [0, 1, 5])
def test_everything_asked_for_is_made_once_and_in_its_order(count: int, ahead: bool) -> None:
    made: list[int] = []

    def make(number: int) -> int:
        made.append(number)
        return number * number

    assert list(in_turn(make, range(count), ahead=ahead)) == [number * number for number in range(count)]
    assert made == list(range(count))
    assert threads_of_batches() == []


def test_the_next_one_is_made_while_one_is_worked_on_and_no_more() -> None:
    made: list[int] = []
    is_second = threading.Event()

    def make(number: int) -> int:
        made.append(number)
        if number == 1:
            is_second.set()
        return number

    with closing(in_turn(make, range(10), ahead=True)) as batches:
        assert next(batches) == 0
        assert is_second.wait(60)
        assert made == [0, 1]


def test_what_is_asked_for_is_read_by_who_asks() -> None:
    readers: set[int] = set()

    def asked() -> Iterator[int]:
        for number in range(3):
            readers.add(threading.get_ident())
            yield number

    makers = set(in_turn(lambda _: threading.get_ident(), asked(), ahead=True))
    assert readers == {threading.get_ident()}
    assert readers.isdisjoint(makers)


@pytest.mark.parametrize("ahead", [False, True])
def test_a_fault_is_raised_as_it_is_when_its_turn_comes(ahead: bool) -> None:
    fault = KeyError("third")

    def make(number: int) -> int:
        if number == 2:
            raise fault
        return number

    batches = in_turn(make, range(5), ahead=ahead)
    assert [next(batches), next(batches)] == [0, 1]
    with pytest.raises(KeyError) as found:
        next(batches)
    assert found.value is fault
    assert threads_of_batches() == []


def test_closing_leaves_no_thread_and_makes_nothing_more() -> None:
    made: list[int] = []
    batches = in_turn(made.append, range(100), ahead=True)
    next(batches)
    batches.close()
    assert threads_of_batches() == []
    assert made in ([0], [0, 1])


def test_closing_before_the_first_begins_nothing() -> None:
    batches = in_turn(str, range(3), ahead=True)
    batches.close()
    assert threads_of_batches() == []
