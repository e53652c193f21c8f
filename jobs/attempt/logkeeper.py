"""What an attempt's engine prints, kept: the newest of it as rows, all that is on disk as an artifact.

Rows hold whole lines; small ones are joined in time. A job keeps a bounded number of bytes, the oldest rows go
first; a log that grows faster than anybody reads is kept with gaps, which say so. The journal never waits for it.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

from django.conf import settings
from django.db import DatabaseError, InterfaceError, transaction
from django.db.models import Sum

from jobs import storable
from jobs.attempt.logfile import LogFile
from jobs.engine.log import NAME
from jobs.models import Artifact, Attempt, LogChunk
from jobs.notify import notify
from jobs.operations.claims import Claim, FencedOutError, held
from jobs.storage.blobs import keep_file
from jobs.storage.hashing import StorageError

CHUNK_BYTES = 64 * 1024
CHUNKS_AT_ONCE = 4
MOST_SMALL_ROWS = 32  # before they are joined
LONGEST_LINE = 8_192
FAR_BEHIND = 1_000_000
_EVERY = 1.0
_OLDEST_AT_ONCE = 64
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Piece:
    """Whole lines from byte `start` of the log on; the text takes no more room than its `size` bytes did."""

    start: int
    size: int
    text: str

    def goes_on_with(self, other: _Piece) -> bool:
        """Joined with what follows directly, lines keep their places only where no byte was changed."""
        return self.start + self.size == other.start and len(self.text.encode()) + 1 == self.size


@dataclass(frozen=True)
class _Place:
    """How far the log is kept; `within` says that the rest of a line that was too long is passed over."""

    at: int = 0
    within: bool = False


class LogKeeper:
    """Follows the log of one attempt on behalf of its claim; use it from one thread."""

    def __init__(self, claim: Claim, attempt: Attempt) -> None:
        self._claim = claim
        self._attempt = attempt
        self._file = LogFile(claim.folder / NAME)
        self._place = _Place()
        self._unsure: tuple[_Piece, _Place] | None = None
        self._held: int | None = None
        self._small: list[_Piece] = []
        self._next = 0.0

    def flush(self) -> None:
        """This will keep what is new, at most once a second; without anything new it costs a look at the file.

        Raises FencedOutError or a database's error, after which the next call goes on where the rows end.
        """
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _EVERY
            self._keep(last=False)

    def finish(self) -> None:
        """This will keep the rest, also of a line without an end; call it when the engine is gone."""
        while self._keep(last=True):
            pass

    def _keep(self, *, last: bool) -> bool:
        """Keep some of what is new, and tell whether there was any."""
        self._file.bound(settings.LOG_BYTES_ON_DISK)
        if self._file.end() <= self._place.at:
            return False
        if self._unsure is not None:
            self._make_sure(*self._unsure)
        pieces, place = self._pieces(last=last)
        if pieces:
            self._unsure = (pieces[-1], place)  # until the transaction is known to have been committed
            try:
                self._store(pieces)
            except (DatabaseError, InterfaceError, FencedOutError):
                self._held, self._small = None, []
                raise
            self._unsure = None
        found = place != self._place
        self._place = place
        return found

    def _make_sure(self, piece: _Piece, place: _Place) -> None:
        kept = LogChunk.objects.filter(attempt_id=self._attempt.pk, start__lte=piece.start).order_by("-start")
        last = kept.first()
        if last is not None and last.start + last.size > piece.start:
            self._place = place
        self._unsure = None

    def _pieces(self, *, last: bool) -> tuple[list[_Piece], _Place]:
        pieces: list[_Piece] = []
        place = self._place
        behind = self._file.end() - place.at
        if behind > FAR_BEHIND:
            kept = CHUNK_BYTES * CHUNKS_AT_ONCE
            notice = f"... {behind - kept:,} bytes of the log are left out here ..."
            pieces.append(_Piece(place.at, 1, notice))
            place = _Place(place.at + behind - kept, within=True)
        while len(pieces) < CHUNKS_AT_ONCE:
            begin, block = self._file.read(place.at, most=CHUNK_BYTES)
            piece, after = _next_piece(block, begin=begin, within=place.within, last=last)
            if after == place:
                break
            place = after
            if piece is not None:
                pieces.append(piece)
        return pieces, place

    @transaction.atomic
    def _store(self, pieces: list[_Piece]) -> None:
        held_rows = held(self._claim).select_for_update(no_key=True).values_list("pk", flat=True)
        if not list(held_rows):
            raise FencedOutError
        job_id = self._claim.job_id
        if self._held is None:
            self._held = LogChunk.objects.filter(job_id=job_id).aggregate(sum=Sum("size"))["sum"] or 0
        self._held += sum(piece.size for piece in pieces)
        self._write(pieces)
        if self._held > settings.LOG_BYTES_KEPT:
            self._held -= _drop_oldest(job_id, excess=self._held - settings.LOG_BYTES_KEPT)
        notify(job_id=job_id, is_record=True)

    def _write(self, pieces: list[_Piece]) -> None:
        small = list(self._small)
        for piece in pieces:
            fits = sum(one.size for one in small) + piece.size <= CHUNK_BYTES
            small = [*small, piece] if small and fits and small[-1].goes_on_with(piece) else [piece]
        if len(small) > max(MOST_SMALL_ROWS, len(pieces)):
            old = [piece.start for piece in small]
            LogChunk.objects.filter(attempt_id=self._attempt.pk, start__in=old).delete()
            text = "\n".join(piece.text for piece in small)
            small = pieces = [_Piece(old[0], sum(piece.size for piece in small), text)]
        LogChunk.objects.bulk_create(
            LogChunk(
                job_id=self._claim.job_id, attempt=self._attempt, start=p.start, size=p.size, text=p.text
            )
            for p in pieces
        )
        self._small = small


def log_artifact(claim: Claim) -> Artifact | None:
    """This will store the log of an ended engine and return its row, not saved yet; None when there is no log.

    A log that cannot be stored is no reason for a job to end otherwise: then there is none either.
    """
    path = claim.folder / NAME
    name = f"engine-{claim.number}.log"
    try:
        if not path.is_file() or not path.stat().st_size:
            return None
        LogFile(path).bound(settings.LOG_BYTES_ON_DISK)
        blob = keep_file(path)
    except (StorageError, OSError) as error:
        _log.warning("Job %s: %s could not be stored: %s", claim.job_id, name, error)
        return None
    return Artifact(
        job_id=claim.job_id,
        attempt_id=claim.attempt_id,
        name=name,
        blob=blob,
        size=blob.size,
        media_type="text/plain",
    )


def _next_piece(block: bytes, *, begin: int, within: bool, last: bool) -> tuple[_Piece | None, _Place]:
    """Take the whole lines of a block that begins a line, or lies within one that was too long."""
    if within:
        end = block.find(b"\n") + 1
        return None, _Place(begin + (end or len(block)), within=end == 0)
    end = block.rfind(b"\n") + 1
    if end:
        return _Piece(begin, end, _text(block[: end - 1])), _Place(begin + end)
    if len(block) > LONGEST_LINE:
        return _Piece(begin, LONGEST_LINE, _text(block)), _Place(begin + LONGEST_LINE, within=True)
    if block and last:
        return _Piece(begin, len(block), _text(block)), _Place(begin + len(block))
    return None, _Place(begin)


def _text(raw: bytes) -> str:
    return "\n".join(map(_line, raw.split(b"\n")))


def _line(raw: bytes) -> str:
    """One line as text, in no more bytes than it had."""
    if len(raw) > LONGEST_LINE:
        return _line(raw[: LONGEST_LINE - 3]) + "..."
    return storable.text(raw.removesuffix(b"\r").decode(errors="replace").replace("\ufffd", "?"))


def _drop_oldest(job_id: int, *, excess: int) -> int:
    """Remove the oldest rows of a job, of at least `excess` bytes where that many are found at once."""
    dropped = 0
    ids: list[int] = []
    oldest = LogChunk.objects.filter(job_id=job_id).order_by("attempt_id", "start").values_list("pk", "size")
    for pk, size in oldest[:_OLDEST_AT_ONCE]:
        if dropped >= excess:
            break
        dropped += size
        ids.append(pk)
    LogChunk.objects.filter(pk__in=ids).delete()
    return dropped
