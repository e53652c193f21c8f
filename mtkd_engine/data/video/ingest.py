"""Videos of strangers become streams of our own, each read by a confined process that reads many of them.

A video that ends, blocks or bloats its process is refused by name and costs nobody else: a fresh process goes on with
those after it. Nothing that was handed in is decoded anywhere but there.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from mtkd_engine.data.video.batch import Batch
from mtkd_engine.data.video.errors import VideoError
from mtkd_engine.data.video.items import Item, item_of, name_of
from mtkd_engine.data.video.limits import BOUNDS, COSTS, Bounds, Costs
from mtkd_engine.data.video.outcomes import FrameImages, Ingested, Outcome, Refused, Source, stream_name

__all__ = ["FrameImages", "Ingested", "Outcome", "Refused", "Source", "ingest", "stream_name"]
_MOST_TOGETHER = 8
_MOST_ITEMS = 32
_MOST_PATHS = 4_000
_LOOK_SECONDS = 0.02


def ingest(
    sources: Sequence[Source],
    *,
    to: Path,
    say: Callable[[int, int], None],
    bounds: Bounds = BOUNDS,
    costs: Costs = COSTS,
) -> Iterator[tuple[int, Outcome]]:
    """This will write the stream of each source new to the folder `to`, and give what became of it with its number.

    Outcomes come as they are ready, not in order. `stream_name` names the stream of a number. `say` is told how many
    of how many are done. Several processes work side by side; none is left when the iterator is closed.
    """
    waiting = deque(enumerate(sources))
    together = _processes(costs)
    most = max(1, min(_MOST_ITEMS, -(-len(waiting) // together)))
    left, done = deque[Item](), 0
    with ExitStack() as undone:
        running: list[Batch] = []
        while waiting or left or running:
            ready: list[tuple[int, Outcome]] = []
            while len(running) < together and (waiting or left):
                items = _next_items(waiting, left, ready, most=most, bounds=bounds, costs=costs)
                if items:
                    running.append(undone.enter_context(Batch(items, to=to, bounds=bounds, costs=costs)))
            for batch in running:
                ready += batch.look()
                if batch.is_over:
                    batch.close()
                    left.extend(batch.left)
            running = [batch for batch in running if not batch.is_over]
            for number, outcome in ready:
                done += 1
                say(done, len(sources))
                yield number, outcome
            if running and not ready:
                time.sleep(_LOOK_SECONDS)


def _next_items(
    waiting: deque[tuple[int, Source]],
    left: deque[Item],
    ready: list[tuple[int, Outcome]],
    *,
    most: int,
    bounds: Bounds,
    costs: Costs,
) -> list[Item]:
    """What a process is to read next: first what an ended one left; what cannot even be opened is ready at once."""
    items: list[Item] = []
    paths = 0
    while (left or waiting) and len(items) < most and paths < _MOST_PATHS:
        if left:
            items.append(left.popleft())
        else:
            number, source = waiting.popleft()
            try:
                items.append(item_of(number, source, bounds=bounds, costs=costs))
            except VideoError as error:
                ready.append((number, Refused(error.code, f"{name_of(source)} {error}")))
                continue
        paths += len(items[-1].paths)
    return items


def _processes(costs: Costs) -> int:
    """As many as there are processors, and as may all take the memory that one may."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return max(1, min(_MOST_TOGETHER, os.cpu_count() or 1, memory // (2 * costs.memory)))
