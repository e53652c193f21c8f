"""One claim from its start to its end: prepare, run the engine, record, conclude.

The database may go away at any time: the engine works on, and what it says is recorded when the database is
back. Being fenced out is the opposite: the engine dies at once, and nothing more is written.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from signal import SIGTERM
from typing import TypeVar

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from jobs import stopping, storable
from jobs.attempt.keeper import Keeper
from jobs.attempt.publishing import publish, read_result
from jobs.attempt.recorder import Recorder
from jobs.attempt.workspace import Plan, clear, prepare
from jobs.engine.log import last_lines
from jobs.engine.process import Engine
from jobs.engine.verdict import LOG_FOLLOWS, Verdict, Wish, judge
from jobs.insisting import AWAY, insist
from jobs.models import Attempt, Job
from jobs.notify import notify
from jobs.operations import endings
from jobs.operations.claims import Claim, FencedOutError, note_engine
from jobs.operations.errors import UnableToPublish
from jobs.storage.hashing import StorageError

_log = logging.getLogger(__name__)
_LOOK_SECONDS = 0.03
T = TypeVar("T")


def supervise(claim: Claim) -> None:
    """This will carry the claimed job to the end of this attempt; call it from the main thread."""
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
        self._wish: Wish = None
        self._next_flush = 0.0
        self._next_notice = 0.0
        self._owes_notice = False

    def run(self) -> None:
        """This will start the engine, follow it to its end and conclude; it never outlives this call."""
        try:
            plan = self._insist(lambda: prepare(self._claim))
        except StorageError as error:
            self._conclude(Verdict("failed", "storage", str(error)), None)
            return
        attempt = self._insist(lambda: Attempt.objects.get(pk=self._claim.attempt_id))
        if self._look_for_wishes():  # asked before anything began
            self._conclude(judge(exit_code=-SIGTERM, last_word=None, wish=self._wish, log=""), None)
            return
        recorder = Recorder(claim=self._claim, attempt=attempt)
        engine = Engine(plan.arguments, folder=self._claim.folder)
        try:
            self._note(engine, plan)
            exit_code = self._follow(engine, recorder)
            while self._insist(recorder.flush):
                pass
            log = last_lines(self._claim.folder)
            verdict = judge(exit_code=exit_code, last_word=recorder.last_word, wish=self._wish, log=log)
        except ValueError as error:
            engine.kill()
            verdict, exit_code = (
                Verdict("failed", "journal", f"The engine's {error}"),
                engine.exit_code() or 0,
            )
        finally:
            engine.kill()
        self._conclude(verdict, exit_code)

    def _follow(self, engine: Engine, recorder: Recorder) -> int:
        while (code := engine.exit_code()) is None:
            if self._keeper.fenced_out.is_set():
                raise FencedOutError
            if self._look_for_wishes():
                engine.ask_to_stop()
            engine.press()
            self._record_if_due(recorder)
            time.sleep(_LOOK_SECONDS)
        return code

    def _look_for_wishes(self) -> Wish:
        if self._keeper.cancel.is_set():
            self._wish = "cancel"
        elif self._wish is None and stopping.is_announced():
            self._wish = "hand_back"
        return self._wish

    def _record_if_due(self, recorder: Recorder) -> None:
        now = time.monotonic()
        if now < self._next_flush:
            return
        try:
            tell = now >= self._next_notice
            if recorder.has_more() and recorder.flush(tell=tell):
                self._next_flush = now + settings.FLUSH_SECONDS
                self._owes_notice = not tell
            elif self._owes_notice and tell:
                notify(job_id=self._claim.job_id)
                self._owes_notice = False
            else:
                return
            if tell:
                self._next_notice = now + settings.NOTIFY_SECONDS
        except AWAY as error:
            _log.warning(
                "Job %s: recording waits for the database: %s", self._claim.job_id, storable.line(error)
            )
            connection.close()
            self._next_flush = now + 1.0

    def _conclude(self, verdict: Verdict, exit_code: int | None) -> None:
        claim = self._claim
        if verdict.ending == "succeeded":
            try:
                artifacts = self._insist(lambda: publish(claim))
                result = read_result(artifacts)
            except UnableToPublish as error:
                verdict = Verdict("failed", "storage", error.message)
            else:
                self._insist(lambda: endings.succeed(claim=claim, result=result, artifacts=artifacts))
        if verdict.ending != "succeeded":
            self._insist(lambda: _end(claim, verdict, exit_code))
        why = verdict.sentence.split(LOG_FOLLOWS)[0]
        _log.info("Job %s: attempt %s %s. %s", claim.job_id, claim.number, verdict.ending, why)
        try:
            ended = Job.objects.get(pk=claim.job_id)
        except AWAY:  # what is left is swept later
            connection.close()
        else:
            if ended.is_final:
                clear(ended)

    def _note(self, engine: Engine, plan: Plan) -> None:
        try:
            note_engine(claim=self._claim, pid=engine.pid, threads=plan.threads, device=plan.device)
        except AWAY:  # good to know, but nothing waits for it
            connection.close()

    def _insist(self, action: Callable[[], T]) -> T:
        return insist(action, what=f"Job {self._claim.job_id}", fenced_out=self._keeper.fenced_out)


def _end(claim: Claim, verdict: Verdict, exit_code: int | None) -> None:
    match verdict.ending:
        case "cancelled":
            endings.cancelled(claim=claim, exit_code=exit_code)
        case "handed_back":
            endings.hand_back(claim=claim, exit_code=exit_code, reason=verdict.sentence)
        case "lost":
            endings.lose(claim=claim, exit_code=exit_code, reason=verdict.sentence)
        case _:
            endings.fail(claim=claim, exit_code=exit_code, cause=verdict.cause, sentence=verdict.sentence)


def _lose_quietly(claim: Claim, reason: str) -> None:
    try:
        endings.lose(claim=claim, reason=reason)
    except (FencedOutError, DatabaseError, InterfaceError) as error:
        _log.warning("Job %s is left to the reaper: %r", claim.job_id, error)
