"""One claim of a registration from its start to its end: put together, check, keep, conclude.

The engine reads what strangers handed in; this process only starts it, watches it and stores what it sealed.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from django.db import DatabaseError, InterfaceError, connection

from jobs import stopping
from jobs.engine.limits import Limits
from jobs.engine.log import last_lines
from jobs.engine.process import Engine
from jobs.engine.verdict import REFUSED, SUCCEEDED, Wish, judge
from jobs.insisting import AWAY, insist
from jobs.intake.folder import clear, lay_out, note_pid
from jobs.intake.keeper import IntakeKeeper
from jobs.intake.report import (
    disk_words,
    origin_of,
    plain,
    read_report,
    read_stand,
    sealed_files,
    without_places,
)
from jobs.logged import about
from jobs.models import Blob, Registration, RegistrationKind
from jobs.operations import intake_endings as endings
from jobs.operations.blobs import release
from jobs.operations.claims import FencedOutError
from jobs.operations.errors import UnableToRegister, UnableToUpload
from jobs.operations.intake_claims import IntakeClaim, Stand, held
from jobs.storage.blobs import StorageError, keep_file

_log = logging.getLogger(__name__)
_LOOK_SECONDS = 0.05
_LONGEST_SENTENCE = 2000
_NO_WORD = "The check ended without a result and without a word why."
T = TypeVar("T")


class _WishedError(Exception):
    """The work shall end here: it is cancelled, or its worker stops."""


def carry_out(claim: IntakeClaim, *, tell: Callable[[Stand], None] = lambda _stand: None) -> None:
    """This will carry the claimed registration to the end of this attempt; call it from the main thread."""
    with about(registration=claim.registration_id):
        _carry_out(claim, tell)


def _carry_out(claim: IntakeClaim, tell: Callable[[Stand], None]) -> None:
    _log.info("Registration %s: the check begins.", claim.registration_id)
    keeper = IntakeKeeper(claim)
    keeper.start()
    try:
        _Attempt(claim, keeper, tell).run()
    except FencedOutError:
        _log.warning("Registration %s is no longer ours.", claim.registration_id)
    except KeyboardInterrupt:
        _quietly(claim, lambda: endings.cancelled(claim=claim))
        raise
    except Exception as error:
        _log.exception("Registration %s met an unexpected error.", claim.registration_id)
        reason = f"its worker met an unexpected error ({type(error).__name__}: {error})."
        _quietly(claim, lambda: endings.lose(claim=claim, reason=reason))
    finally:
        keeper.stop()
        _clear_if_ended(claim)


class _Attempt:
    def __init__(self, claim: IntakeClaim, keeper: IntakeKeeper, tell: Callable[[Stand], None]) -> None:
        self._claim = claim
        self._keeper = keeper
        self._tell = tell
        self._wish: Wish = None
        self._limit: str | None = None

    def run(self) -> None:
        """This will do all of it; no engine outlives this call."""
        registration = self._insist(lambda: _read(self._claim))
        try:
            self._check_for_wishes()
            self._say(Stand("putting together"))
            arguments = self._insist(lambda: lay_out(registration, self._claim.folder))
            self._check_for_wishes()
            code = self._run_engine(arguments)
            self._conclude(registration, code)
        except _WishedError:
            self._end_as_wished()
        except UnableToRegister as error:
            self._refuse(error.message)
        except (UnableToUpload, StorageError, OSError) as error:
            sentence = disk_words(error) if isinstance(error, OSError) else str(error)
            self._insist(lambda: endings.fail(claim=self._claim, sentence=self._plain(sentence)))

    def _run_engine(self, arguments: list[str]) -> int:
        engine = Engine(arguments, folder=self._claim.folder, strange=True)
        try:
            note_pid(self._claim.folder, engine.pid)
            limits = Limits(engine.family)
            while (code := engine.exit_code()) is None:
                if self._keeper.fenced_out.is_set():
                    raise FencedOutError
                self._limit = limits.broken()
                if self._limit is not None:
                    engine.kill()
                elif self._look_for_wishes():
                    engine.ask_to_stop()
                engine.press()
                self._say(read_stand(self._claim.folder))
                time.sleep(_LOOK_SECONDS)
            return code
        finally:
            engine.kill()

    def _conclude(self, registration: Registration, code: int) -> None:
        report = read_report(self._claim.folder)
        is_measured = registration.kind == RegistrationKind.MEASUREMENT  # it said what it is long ago
        if self._limit is not None:
            self._refuse(self._limit)
        elif code == SUCCEEDED and report is not None:
            self._check_for_wishes()
            self._accept(registration, report)
        elif code == REFUSED and self._wish is None and (report or {}).get("asks") and not is_measured:
            self._wait(report or {})  # what was said of it did not fit: it is asked again
        elif code == REFUSED and self._wish is None:
            self._refuse(last_lines(self._claim.folder, 1) or _NO_WORD, report)
        else:
            self._end_badly(code)

    def _accept(self, registration: Registration, report: dict[str, Any]) -> None:
        report = without_places(report, folder=self._claim.folder)
        waits = registration.accepted is None and report.get("repairs")
        files = sealed_files(self._claim.folder)
        if report.get("sealed", True) and files:
            self._keep(registration, report, files)
        elif registration.kind == RegistrationKind.MEASUREMENT:
            self._refuse(f"{registration.name}: what it says of each sample cannot be kept.", report)
        elif report.get("asks") or (registration.kind == RegistrationKind.DATASET and waits):
            self._wait(report)
        else:
            self._insist(lambda: endings.fail(claim=self._claim, sentence=_NO_WORD))

    def _wait(self, report: dict[str, Any]) -> None:
        plainly = without_places(report, folder=self._claim.folder)
        self._insist(lambda: endings.wait_for_decision(claim=self._claim, report=plainly))

    def _keep(self, registration: Registration, report: dict[str, Any], files: dict[str, Path]) -> None:
        """Store and take in, or leave nothing of it in the storage."""
        claim, size = self._claim, sum(path.stat().st_size for path in files.values())
        self._insist(lambda: endings.refuse_early(claim=claim, report=report, size=size))
        blobs: dict[str, Blob] = {}
        was_taken_in = False
        try:
            for name, path in files.items():
                self._check_for_wishes()
                self._say(Stand("storing", len(blobs), len(files)))
                blobs[name] = self._insist(partial(keep_file, path))
            origin = origin_of(registration, report)
            take_in = partial(endings.take_in, claim=claim, report=report, origin=origin, files=blobs)
            was_taken_in = self._insist(take_in)
        finally:
            if not was_taken_in:
                _quietly(claim, lambda: release(blobs.values()))

    def _end_badly(self, code: int) -> None:
        verdict = judge(exit_code=code, last_word=None, wish=self._wish, log=last_lines(self._claim.folder))
        sentence = self._plain(verdict.sentence)
        if verdict.ending in {"cancelled", "handed_back"}:
            self._end_as_wished()
        elif verdict.ending == "lost":
            self._insist(lambda: endings.lose(claim=self._claim, reason=sentence))
        else:
            self._insist(lambda: endings.fail(claim=self._claim, sentence=sentence))

    def _end_as_wished(self) -> None:
        if self._wish == "cancel":
            self._insist(lambda: endings.cancelled(claim=self._claim))
        else:
            self._insist(lambda: endings.hand_back(claim=self._claim))

    def _refuse(self, sentence: str, report: dict[str, Any] | None = None) -> None:
        kept = None if report is None else without_places(report, folder=self._claim.folder)
        plain = self._plain(sentence)
        self._insist(lambda: endings.refuse(claim=self._claim, sentence=plain, report=kept))

    def _check_for_wishes(self) -> None:
        if self._keeper.fenced_out.is_set():
            raise FencedOutError
        if self._look_for_wishes():
            raise _WishedError

    def _look_for_wishes(self) -> Wish:
        if self._keeper.wish == "cancel":
            self._wish = "cancel"
        elif self._wish is None and stopping.is_announced():
            self._wish = "hand_back"
        return self._wish

    def _say(self, stand: Stand | None) -> None:
        if stand is not None and stand != self._keeper.stand:
            self._keeper.stand = stand
            self._tell(stand)

    def _plain(self, sentence: str) -> str:
        return plain(sentence, folder=self._claim.folder)[:_LONGEST_SENTENCE]

    def _insist(self, action: Callable[[], T]) -> T:
        what = f"Registration {self._claim.registration_id}"
        return insist(action, what=what, fenced_out=self._keeper.fenced_out)


def _read(claim: IntakeClaim) -> Registration:
    related = ("project", "user", "measured_on", "from_job", "teacher")
    row = held(claim).select_related(*related).prefetch_related("uploads").first()
    if row is None:
        raise FencedOutError
    return row


def _quietly(claim: IntakeClaim, action: Callable[[], None]) -> None:
    try:
        action()
    except (FencedOutError, DatabaseError, InterfaceError, StorageError) as error:
        _log.warning("Registration %s is left to the reaper: %r", claim.registration_id, error)


def _clear_if_ended(claim: IntakeClaim) -> None:
    try:
        row = Registration.objects.filter(pk=claim.registration_id).first()
    except AWAY:  # what is left is swept later
        connection.close()
        return
    if row is None or row.is_final:
        clear(claim.registration_id)
    _log.info(
        "Registration %s: %s. %s", claim.registration_id, row and row.state, row.sentence if row else ""
    )
