"""One question to a student from its claim to its answer: fetched, asked of an engine, written down.

The engine reads what strangers handed in, as that of a check does; it gets the same thin environment and limits.
"""

from __future__ import annotations

import logging
import re
import shutil
import time
from pathlib import Path
from typing import Any

from jobs import stopping
from jobs.engine.limits import Limits
from jobs.engine.log import last_lines
from jobs.engine.process import Engine
from jobs.engine.verdict import REFUSED, SUCCEEDED, judge
from jobs.intake.report import disk_words, plain, read_report
from jobs.models import Dataset, Prediction
from jobs.operations import prediction_claims as claims
from jobs.operations.claims import FencedOutError
from jobs.operations.prediction_claims import LONGEST_SECONDS, PredictionClaim
from jobs.operations.predictions import STUDENT, student_of
from jobs.storage.blobs import StorageError, fetch
from jobs.storage.fetching import fetch_source
from mtkd_engine.data.sealing.sealed import FEATURES

_log = logging.getLogger(__name__)
_LOOK_SECONDS = 0.05
_WINDOWS = 5
_LONGEST_STEM = 60
_NO_WORD = "The engine ended without an answer and without a word why."


class _StoppedError(Exception):
    """The worker stops; another one shall answer."""


class _GoneError(Exception):
    """Something that the question needs was deleted meanwhile."""


def predict(claim: PredictionClaim) -> None:
    """This will carry the claimed prediction to its end; call it from the main thread.

    A database that is away leaves it to the reaper.
    """
    try:
        _answer(claim)
    except FencedOutError:
        _log.warning("Prediction %s is no longer ours.", claim.prediction_id)
    finally:
        shutil.rmtree(claim.folder, ignore_errors=True)


def sweep() -> None:
    """This will remove what killed workers left of predictions on this host."""
    root = claims.predictions_root()
    ids = {int(folder.name) for folder in root.glob("*") if folder.name.isdecimal()}
    under_way = Prediction.objects.filter(pk__in=ids, state="working")
    for prediction_id in ids - set(under_way.values_list("pk", flat=True)):
        shutil.rmtree(claims.folder_of(prediction_id), ignore_errors=True)


def _answer(claim: PredictionClaim) -> None:
    related = ("job__dataset", "features")
    row = claims.held(claim).select_related(*related).first()
    if row is None:
        raise FencedOutError
    try:
        code, limit = _run(_lay_out(row, claim.folder), claim.folder)
    except (_StoppedError, KeyboardInterrupt) as stop:
        claims.hand_back(claim=claim)
        if isinstance(stop, KeyboardInterrupt):
            raise
    except _GoneError as gone:
        claims.refuse(claim=claim, sentence=str(gone))
    except (StorageError, OSError) as error:
        claims.fail(claim=claim, sentence=disk_words(error) if isinstance(error, OSError) else str(error))
    else:
        _conclude(claim, code, limit)


def _conclude(claim: PredictionClaim, code: int, limit: str | None) -> None:
    found = read_report(claim.folder)
    log = last_lines(claim.folder)
    if limit is not None:
        claims.refuse(claim=claim, sentence=limit)
    elif code == SUCCEEDED and found is not None:
        claims.answer(claim=claim, found=found)
    elif code == REFUSED:
        last = last_lines(claim.folder, 1) or _NO_WORD
        claims.refuse(claim=claim, sentence=plain(last, folder=claim.folder))
    else:
        verdict = judge(exit_code=code, last_word=None, wish=None, log=log)
        claims.fail(claim=claim, sentence=plain(verdict.sentence, folder=claim.folder) or _NO_WORD)


def _lay_out(row: Prediction, folder: Path) -> list[str]:
    """Fetch what is asked about and give the engine's arguments. Raises _GoneError, StorageError, OSError."""
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("given", "tmp"):
        (folder / name).mkdir(parents=True)
    student = student_of(row.job)
    if student is None:
        raise _GoneError("The student of this job was deleted meanwhile.")
    fetch(student, folder / "given" / STUDENT)
    asked: dict[str, Any] = row.asked
    if row.features is not None:
        features = folder / "given" / _plain_name(Path(asked["file"]))
        fetch(row.features, features)
    else:
        features = _features(row.job.dataset)
    # With the equals sign, since what a person wrote may begin with a dash.
    arguments = ["predict", f"--student={folder / 'given' / STUDENT}", f"--features={features}"]
    arguments += [f"--query={row.sentence}", f"--top={_WINDOWS}", f"--report={folder / 'report.json'}"]
    return [
        *arguments,
        *(f"--{name}={asked[name]}" for name in ("video", "duration", "fps") if name in asked),
    ]


def _plain_name(given: Path) -> str:
    """A name by which refusals can speak of a file as its owner does, and that is safe on any disk."""
    stem = re.sub(r"[^\w-]", "_", given.stem, flags=re.ASCII)[:_LONGEST_STEM]
    return f"{stem or 'features'}{given.suffix.lower()}"


def _features(dataset: Dataset | None) -> Path:
    if dataset is None:
        raise _GoneError("The dataset of this job was deleted meanwhile.")
    path = fetch_source(dataset) / FEATURES
    if not path.is_file():
        raise _GoneError("The dataset has no features, so that no student can look at its videos.")
    return path


def _run(arguments: list[str], folder: Path) -> tuple[int, str | None]:
    """The exit code and the limit that was broken; no engine outlives this call."""
    engine = Engine(arguments, folder=folder, strange=True)
    broken: str | None = None
    try:
        limits = Limits(engine.family, seconds=LONGEST_SECONDS, what="The prediction")
        while (code := engine.exit_code()) is None:
            if stopping.is_announced():
                raise _StoppedError
            broken = limits.broken()
            if broken is not None:
                engine.kill()
            time.sleep(_LOOK_SECONDS)
        return code, broken
    finally:
        engine.kill()
