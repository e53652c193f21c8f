"""Batches that a thread makes while the one before is worked on: the same ones, in the same order.

What a batch holds depends on nothing but what was asked for, so nobody can tell from a result who made it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

AskedT = TypeVar("AskedT")
MadeT = TypeVar("MadeT")


def in_turn(
    make: Callable[[AskedT], MadeT], asked: Iterable[AskedT], *, ahead: bool
) -> Generator[MadeT, None, None]:
    """This will yield what `make` makes of each thing asked for; with `ahead` one is made before it is wanted.

    What `make` raises is raised here, when its turn comes. Closing waits for the one that is being made; no thread is
    left after that. `asked` is read in the caller's thread.
    """
    return _ahead(make, asked) if ahead else (make(one) for one in asked)


def _ahead(make: Callable[[AskedT], MadeT], asked: Iterable[AskedT]) -> Generator[MadeT, None, None]:
    coming: Future[MadeT] | None = None
    # Its threads end with the interpreter, also where nobody closes this.
    thread = ThreadPoolExecutor(1, thread_name_prefix="batches")
    try:
        for one in asked:
            made, coming = coming, thread.submit(make, one)
            if made is not None:
                yield made.result()
        if coming is not None:
            yield coming.result()
    finally:
        thread.shutdown(cancel_futures=True)
