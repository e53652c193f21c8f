"""One confined process and the videos it is to read, watched from outside."""

from __future__ import annotations

import errno
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict
from pathlib import Path

from mtkd_engine.data.video.items import Item
from mtkd_engine.data.video.limits import Bounds, Costs
from mtkd_engine.data.video.outcomes import Outcome, Refused, stream_name
from mtkd_engine.data.video.said import SAID, ingested_of, new_lines, read_line, refused_of
from mtkd_engine.sandbox import Confined, Limits, take_product

TASK = "mtkd_engine.data.video.inside:ingest_all"
_WAIT_SECONDS = 60
_WAITING = 4
"""By the clock a video may take so many times its seconds of the processor: others want it as well."""
_MEGABYTE = 1 << 20
_NO_PRODUCT = (0, errno.ENOENT, errno.ELOOP, errno.ENXIO)


class Batch:
    """Videos in a process of their own; look again and again until `is_over`, then `left` is what it did not come to.

    Use it from one thread, in a `with`.
    """

    def __init__(self, items: Sequence[Item], *, to: Path, bounds: Bounds, costs: Costs) -> None:
        """This will start the process."""
        self._left = {item.number: item for item in items}
        self._to, self._bounds, self._costs = to, bounds, costs
        self._current: Item | None = None
        self._read, self._until = 0, float("inf")
        self._begun, self.is_over = 0, False
        with ExitStack() as undone:
            place = undone.enter_context(tempfile.TemporaryDirectory(prefix="mtkd-videos-"))
            self._folder = Path(place)
            self._process = undone.enter_context(self._started(items))
            self._undone = undone.pop_all()

    def __enter__(self) -> Batch:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """This will end the process and remove what it left."""
        self._undone.close()

    @property
    def left(self) -> list[Item]:
        """Those without an outcome, in their order."""
        return list(self._left.values())

    def look(self) -> Iterator[tuple[int, Outcome]]:
        """This will give what came out since the last look; raises RuntimeError where the process cannot even begin."""
        ended = self._process.exit_code() is not None  # asked first: what it said before is then all there
        try:
            lines, self._read = new_lines(self._folder / SAID, after=self._read)
            for line in lines:
                yield from self._outcomes(line)
        except (ValueError, TypeError, KeyError):
            self._process.kill()
            yield from self._ended()
            return
        if ended:
            yield from self._ended()
        elif time.monotonic() > self._until:
            self._process.kill()
            yield from self._settled(self._too_slow())
            self.is_over = True

    def _started(self, items: Sequence[Item]) -> Confined:
        told = [
            {
                "number": item.number,
                "paths": [str(path) for path in item.paths],
                "rate": item.rate,
                "seconds": item.seconds,
            }
            for item in items
        ]
        seconds = sum(item.seconds + 1 for item in items)
        return Confined(
            TASK,
            {"items": told, "bounds": asdict(self._bounds)},
            folder=self._folder,
            limits=Limits(memory=self._costs.memory, seconds=seconds, disk=self._costs.disk),
            readable=[path for item in items for path in item.paths],
        )

    def _outcomes(self, line: bytes) -> Iterator[tuple[int, Outcome]]:
        said = read_line(line)
        if "begun" in said:
            self._current = self._left[said["begun"]]
            self._begun += 1
            self._until = time.monotonic() + _WAIT_SECONDS + _WAITING * self._current.seconds
            return
        item = self._current
        if item is None or item.number not in (said.get("done"), said.get("refused")):
            raise ValueError(said)
        if "refused" in said:
            yield from self._settled(refused_of(said, name=item.name))
        else:
            taken = self._taken(item)
            yield from self._settled(
                ingested_of(said, digest=item.sha256, size=taken.stat().st_size, bounds=self._bounds)
            )

    def _taken(self, item: Item) -> Path:
        name = stream_name(item.number)
        try:
            return take_product(self._folder, name, to=self._to / name, largest=self._costs.disk)
        except OSError as error:
            if error.errno not in _NO_PRODUCT:
                raise
            raise ValueError(name) from None

    def _settled(self, outcome: Outcome) -> Iterator[tuple[int, Outcome]]:
        assert self._current is not None
        number, self._current = self._current.number, None
        del self._left[number]
        self._until = float("inf")
        if isinstance(outcome, Refused):
            for half in (self._folder / stream_name(number), self._to / stream_name(number)):
                with suppress(OSError):
                    os.unlink(half)
        yield number, outcome

    def _ended(self) -> Iterator[tuple[int, Outcome]]:
        ended = self._process.ended()
        self.is_over = True
        if self._current is None:
            if self._left and not self._begun:
                raise RuntimeError(f"Videos cannot be read here: the process for them ended. {ended.log}")
            return
        costs, name = self._costs, self._current.name
        if ended.over == "time":
            yield from self._settled(self._too_slow())
        elif ended.over == "memory":
            most = f"{costs.memory / _MEGABYTE:,.0f} MiB"
            said = f"{name} was given up: its reading took more memory than {most}, the most for a video."
            yield from self._settled(Refused("too_much_memory", said))
        elif ended.over == "disk":
            most = f"{costs.disk / _MEGABYTE:,.0f} MiB"
            said = f"{name} was given up: its stream takes more than {most} of disk, the most for a video."
            yield from self._settled(Refused("too_much_disk", said))
        else:
            said = f"{name} cannot be read: it brought the confined process that reads it to its end."
            yield from self._settled(Refused("killed_its_process", said))

    def _too_slow(self) -> Refused:
        assert self._current is not None
        return Refused(
            "too_slow",
            f"{self._current.name} was given up: its reading took longer than {self._current.seconds} s, the most for "
            "a video of its size.",
        )
