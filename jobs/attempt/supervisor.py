"""One claim from its start to its end: prepare, run the engine, watch it, conclude.

The database may go away at any time: the engine works on, and what it says is recorded when the database is
back. Being fenced out is the opposite: the engine dies at once, and nothing more is written.
"""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable
from signal import SIGTERM
from typing import Any, TypeVar

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from jobs import stopping, storable
from jobs.attempt.concluding import conclude, full_disk, storage_away
from jobs.attempt.keeper import Keeper
from jobs.attempt.logkeeper import LogKeeper
from jobs.attempt.patience import beside
from jobs.attempt.preparing import WHOSE, Plan, prepare
from jobs.attempt.publisher import Publisher
from jobs.attempt.publishing import publish, read_result
from jobs.attempt.recorder import JOURNAL, Recorder
from jobs.attempt.recording import Recording
from jobs.engine.log import last_lines
from jobs.engine.process import Engine
from jobs.engine.verdict import DISK, Verdict, Wish, judge
from jobs.engine.watch import Watch
from jobs.insisting import AWAY, insist
from jobs.logged import about
from jobs.models import Artifact, Attempt
from jobs.operations import endings
from jobs.operations.claims import Claim, FencedOutError, note_engine
from jobs.operations.endings import Remains
from jobs.storage.blobs import FULL, NoRoomError
from jobs.storage.hashing import StorageAwayError, StorageError

_log = logging.getLogger(__name__)
_LOOK_SECONDS = 0.1
T = TypeVar("T")


def supervise(claim: Claim) -> None:
    """This will carry the claimed job to the end of this attempt; call it from the main thread."""
    with about(job=claim.job_id, attempt=claim.number):
        _supervise(claim)


def _supervise(claim: Claim) -> None:
    _log.info("Job %s: attempt %s begins.", claim.job_id, claim.number)
    keeper = Keeper(claim)
    keeper.start()
    try:
        _Supervision(claim, keeper).run()
    except FencedOutError:
        _log.warning("Job %s: attempt %s is no longer ours.", claim.job_id, claim.number)
    except Exception as error:
        _log.exception("Job %s: attempt %s met an unexpected error.", claim.job_id, claim.number)
        _lose_quietly(claim, f"its worker met an unexpected error ({type(error).__name__}: {error}).")
    finally:
        keeper.stop()


class _Supervision:
    def __init__(self, claim: Claim, keeper: Keeper) -> None:
        self._claim = claim
        self._keeper = keeper
        self._loss: Verdict | None = None

    def run(self) -> None:
        """This will do all of it; no engine outlives this call."""
        try:
            # Large data may have to be fetched: a wish does not wait for that.
            plan = self._beside(lambda: prepare(self._claim), grace=0.0)
        except (NoRoomError, OSError) as error:
            self._pause_without_room(error)
            return
        except StorageAwayError as error:
            self._conclude(storage_away(error), {})
            return
        except StorageError as error:
            self._conclude(Verdict("failed", "storage", str(error)), {})
            return
        if plan is None or self._wish() is not None:  # asked before anything began
            self._conclude(self._as_wished(), {})
            return
        attempt = self._insist(lambda: Attempt.objects.get(pk=self._claim.attempt_id))
        self._carry_out(plan, attempt)

    def _carry_out(self, plan: Plan, attempt: Attempt) -> None:
        claim = self._claim
        recorder, log = Recorder(claim=claim, attempt=attempt), LogKeeper(claim, attempt)
        publisher, recording = Publisher(claim), Recording(claim, recorder=recorder, log=log)
        try:
            engine = Engine(plan.arguments, folder=claim.folder)
        except OSError as error:
            self._pause_without_room(error)
            return
        mark = claim.folder / WHOSE
        watch = Watch(engine.pid, engine.family, journal=claim.folder / JOURNAL, mark=mark)
        try:
            self._note(engine, plan)
            recording.start()
            publisher.start()
            verdict = self._verdict(engine, watch, recording, recorder)
            engine.kill()
            self._finish(log)
            stored = publisher.finish(
                last_checkpoint=verdict.ending != "succeeded",
                in_a_hurry=lambda: verdict.ending == "cancelled" or self._keeper.wish == "cancel",
                fenced_out=self._keeper.fenced_out,
            )
        finally:
            engine.kill()
            recording.abandon()
            publisher.abandon()
        remains: Remains = {"exit_code": engine.exit_code(), "peak_memory": watch.peak or None}
        self._conclude(verdict, {**remains, "artifacts": [stored] if stored else []})

    def _verdict(self, engine: Engine, watch: Watch, recording: Recording, recorder: Recorder) -> Verdict:
        try:
            code = self._follow(engine, watch, recording)
            recording.stop(fenced_out=self._keeper.fenced_out)
            while self._insist(recorder.flush):
                pass
        except ValueError as error:
            return Verdict("failed", "journal", f"The engine's {error}")
        verdict = judge(
            exit_code=code,
            last_word=recorder.last_word,
            wish=self._wish() or ("hand_back" if engine.was_asked_to_stop else None),
            log=last_lines(self._claim.folder),
            loss=self._loss or watch.after_death(code),
        )
        return full_disk(self._claim, verdict.sentence) if verdict.cause == DISK else verdict

    def _follow(self, engine: Engine, watch: Watch, recording: Recording) -> int:
        while (code := engine.exit_code()) is None:
            if self._keeper.fenced_out.is_set():
                raise FencedOutError
            recording.check()
            if self._wish() is not None:
                engine.ask_to_stop()
            engine.press()
            if (loss := watch.trouble()) is not None and self._loss is None:
                self._loss = loss
                engine.kill()
            self._keeper.peak_memory = watch.peak
            time.sleep(_LOOK_SECONDS)
        return code

    def _wish(self) -> Wish:
        """What the database said last; the end of this worker comes after what people ask for."""
        return self._keeper.wish or ("hand_back" if stopping.is_announced() else None)

    def _as_wished(self) -> Verdict:
        wish = self._wish() or "hand_back"  # it may have been withdrawn meanwhile
        return judge(exit_code=-SIGTERM, last_word=None, wish=wish, log="")

    def _store(self) -> tuple[list[Artifact], dict[str, Any]] | Verdict:
        def publish_all() -> tuple[list[Artifact], dict[str, Any]]:
            files = publish(self._claim)
            return files, read_result(files)

        return self._beside(publish_all, grace=settings.CANCEL_GRACE_SECONDS) or self._as_wished()

    def _beside(self, action: Callable[[], T], *, grace: float) -> T | None:
        return beside(
            lambda: self._insist(action),
            what=f"Job {self._claim.job_id}",
            fenced_out=self._keeper.fenced_out,
            wish=self._wish,
            grace=grace,
        )

    def _pause_without_room(self, error: NoRoomError | OSError) -> None:
        if isinstance(error, OSError) and error.errno not in FULL:
            raise error
        shutil.rmtree(self._claim.folder, ignore_errors=True)  # nothing half-written stays
        sentence = error.strerror or str(error) if isinstance(error, OSError) else str(error)
        self._conclude(full_disk(self._claim, sentence), {})

    def _conclude(self, verdict: Verdict, remains: Remains) -> None:
        conclude(self._claim, verdict, remains, insist=self._insist, store=self._store)

    def _finish(self, log: LogKeeper) -> None:
        try:
            self._insist(log.finish)
        except (DatabaseError, OSError) as error:  # the log is no reason for anything to end otherwise
            _log.warning("Job %s: the end of its log is lost: %s", self._claim.job_id, storable.line(error))

    def _note(self, engine: Engine, plan: Plan) -> None:
        try:
            note_engine(
                claim=self._claim, pid=engine.pid, threads=plan.threads, device=plan.device, note=plan.note
            )
        except AWAY:  # good to know, but nothing waits for it
            connection.close()

    def _insist(self, action: Callable[[], T]) -> T:
        return insist(action, what=f"Job {self._claim.job_id}", fenced_out=self._keeper.fenced_out)


def _lose_quietly(claim: Claim, reason: str) -> None:
    try:
        endings.lose(claim=claim, reason=reason)
    except (FencedOutError, DatabaseError, InterfaceError) as error:
        _log.warning("Job %s is left to the reaper: %r", claim.job_id, error)
