"""Checkpoints and log of an attempt into the storage, beside everything else: a slow storage delays nothing.

Only what the database has recorded is published, so no checkpoint knows steps that no curve has.
"""

from __future__ import annotations

import logging
import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.db import connections

from jobs import stopping, storable
from jobs.attempt.logkeeper import log_artifact
from jobs.insisting import AWAY
from jobs.logged import carried
from jobs.models import Artifact, Event
from jobs.operations.blobs import release
from jobs.operations.checkpoints import CHECKPOINTED, publish_checkpoint
from jobs.operations.claims import Claim, FencedOutError
from jobs.storage.blobs import FULL, keep_file
from jobs.storage.hashing import StorageError
from mtkd_engine.fulldisk import whole_or_nothing

_log = logging.getLogger(__name__)
_LOOK_SECONDS = 1.0
_RETRY_SECONDS = 0.3
_STORAGE_SECONDS = 10.0
LINKS = "publishing"


class Publisher:
    """Publishes the newest checkpoint at most every PUBLISH_SECONDS, and the last one when it is asked to."""

    def __init__(self, claim: Claim) -> None:
        self._claim = claim
        self._done_seq = 0
        self._due = 0.0
        self._seen: str | None = None
        self._log: Artifact | None = None
        self._last_one = False
        self._stop = threading.Event()
        self._given_up = threading.Event()
        self._thread = threading.Thread(
            target=carried(self._run), name=f"publisher of job {claim.job_id}", daemon=True
        )

    def start(self) -> None:
        """This will begin, in a thread of its own."""
        self._thread.start()

    def finish(
        self,
        *,
        last_checkpoint: bool,
        fenced_out: threading.Event,
        in_a_hurry: Callable[[], bool] = lambda: False,
    ) -> Artifact | None:
        """This will store the log, and the last recorded checkpoint where one is wanted, in a reasonable time.

        Returns the row of the log, not saved yet. Where storing does not succeed there is a warning: the
        files stay on this host.
        """
        began = time.monotonic()
        self._last_one = last_checkpoint
        self._stop.set()
        while self._thread.is_alive() and not fenced_out.is_set():
            is_short = in_a_hurry() or stopping.is_announced()
            if time.monotonic() - began > (settings.TERM_GRACE_SECONDS + 5 if is_short else _longest()):
                _log.warning("Job %s: its last files stay on this host only.", self._claim.job_id)
                break
            self._thread.join(0.05)
        self._given_up.set()
        return self._log

    def abandon(self) -> None:
        """This will end the thread without another word."""
        self._given_up.set()
        self._stop.set()

    def _run(self) -> None:
        try:
            while not self._stop.wait(min(_LOOK_SECONDS, settings.PUBLISH_SECONDS / 4)):
                if time.monotonic() >= self._due and self._has_new_file():
                    self._try(self._publish_newest)
            for last in (self._publish_last, self._store_log):
                while not self._given_up.is_set() and not self._try(last):
                    self._given_up.wait(_RETRY_SECONDS)
        except FencedOutError:
            _log.info("Job %s: a checkpoint came too late to be published.", self._claim.job_id)
        except Exception:
            _log.exception("Job %s: its checkpoints are published no more.", self._claim.job_id)
        finally:
            connections.close_all()

    def _publish_last(self) -> None:
        if self._last_one:
            self._publish_newest()

    def _store_log(self) -> None:
        self._log = log_artifact(self._claim)

    def _has_new_file(self) -> bool:
        """Look without the database whether there is anything to ask it about."""
        names = [path.name for path in (self._claim.folder / "checkpoint").glob("*")]
        return max(names, default=None) != self._seen

    def _try(self, action: Callable[[], None]) -> bool:
        """Do it, or warn; False while the database is away."""
        try:
            action()
        except AWAY as error:
            _log.warning(
                "Job %s: publishing waits for the database: %s", self._claim.job_id, storable.line(error)
            )
            connections.close_all()
            return False
        except FileNotFoundError:  # its engine has removed it: the next one is there already
            pass
        except (StorageError, OSError) as error:
            _log.warning("Job %s: a checkpoint could not be published: %s", self._claim.job_id, error)
            self._due = time.monotonic() + min(_STORAGE_SECONDS, settings.PUBLISH_SECONDS)
        return True

    def _publish_newest(self) -> None:
        told = Event.objects.filter(attempt_id=self._claim.attempt_id, kind=CHECKPOINTED).order_by("-seq")
        event = told.first()
        if event is None or event.seq <= self._done_seq:
            return
        link = self._secured(event)
        blob = keep_file(link, sha256=event.payload["sha256"])
        old = publish_checkpoint(claim=self._claim, event=event, blob=blob)
        self._done_seq, self._seen = event.seq, link.name
        self._due = time.monotonic() + settings.PUBLISH_SECONDS
        shutil.rmtree(link.parent, ignore_errors=True)
        release(old)

    def _secured(self, event: Event) -> Path:
        """A second name for the file: its engine may remove the first one at any moment."""
        source: Path = self._claim.folder / event.payload["path"]
        if not source.resolve().is_relative_to(self._claim.folder.resolve()):
            raise StorageError(f"{event.payload['path']} lies outside the folder of its attempt.")
        link = self._claim.folder / LINKS / source.name
        link.parent.mkdir(exist_ok=True)
        link.unlink(missing_ok=True)
        try:
            os.link(source, link)
        except FileNotFoundError:
            raise
        except OSError as error:
            if error.errno in FULL:
                raise
            with whole_or_nothing(link):  # a file system without links, which say so in many ways
                shutil.copyfile(source, link)
        return link


def _longest() -> float:
    return max(10 * settings.PUBLISH_SECONDS, 30.0)
