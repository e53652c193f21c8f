"""One attempt as a process: the loop's events into the journal, signals into a clean stop."""

from __future__ import annotations

import contextlib
import time
import traceback
from pathlib import Path

import torch

from mtkd_engine import checkpoint
from mtkd_engine.data.errors import DataError
from mtkd_engine.distill import JobError, Place, distill
from mtkd_engine.events import (
    Checkpointed,
    Entered,
    Evaluated,
    Event,
    Failed,
    Finished,
    Measuring,
    Metrics,
    Progressed,
    Saving,
    Started,
    Stepped,
    Stopped,
)
from mtkd_engine.fulldisk import NO_ROOM, is_full, tell
from mtkd_engine.journal import Journal
from mtkd_engine.modelfile import ModelError
from mtkd_engine.sources import Sources
from mtkd_engine.spec import Spec, SpecError, dump_yaml
from mtkd_engine.stopping import Leaving, Loop, StopFlag, stop_on_signal
from mtkd_engine.system import SystemWatch, seconds_between

SUCCEEDED, REFUSED, FAILED, STOPPED = 0, 2, 3, 4
METRICS_SECONDS = 1.0
TRAINING = ("training", "stage", "solo")


def run_attempt(
    spec: Spec, *, sources: Sources, place: Place, resume: Path | None, threads: int, first_seq: int = 1
) -> int:
    """This will run one attempt to its end and return the exit code of the process.

    Every way out leaves its last word in the journal: Finished, Stopped or Failed. Only a full disk leaves none,
    and the exit code 74: nothing is wrong with the job, which goes on where there is room.
    """
    torch.set_num_threads(threads)
    place.folder.mkdir(parents=True, exist_ok=True)
    (place.folder / "spec.yaml").write_text(dump_yaml(spec))
    with Journal(place.folder / "journal.jsonl", first_seq=first_seq) as journal, stop_on_signal() as stop:
        try:
            attempt = _Attempt(journal, place=place, stop=stop, step=checkpoint.step_of(resume))
            return attempt.drain(distill(spec, sources=sources, place=place, resume=resume))
        except Exception as error:
            return _answer(error, journal=journal, place=place)


def _answer(error: Exception, *, journal: Journal, place: Place) -> int:
    if is_full(error):
        tell(f"The disk is full: the job in {place.folder} stopped, and can go on from its last checkpoint.")
        return NO_ROOM
    match error:
        case SpecError() | DataError() | ModelError() | checkpoint.CheckpointError():
            return _failed(journal, Failed(cause="input", message=str(error)), code=REFUSED)
        case JobError():
            said = Failed(cause=error.cause, message=str(error), step=error.step)
            return _failed(journal, said, code=FAILED)
        case MemoryError() | torch.OutOfMemoryError():
            message = "The engine ran out of memory; a smaller batch size or network needs less."
            return _failed(journal, Failed(cause="out_of_memory", message=message), code=FAILED)
        case OSError():
            message = f"The engine could not read or write its files: {error}."
            return _failed(journal, Failed(cause="storage", message=message), code=FAILED)
    traceback.print_exc()  # a defect of ours: the trace goes into the log, a sentence into the journal
    message = f"The engine met an unexpected error ({type(error).__name__}: {error})."
    return _failed(journal, Failed(cause="defect", message=message), code=FAILED)


class _Attempt:
    """Reads the loop to its end, or to the stop that a signal asks for."""

    def __init__(self, journal: Journal, *, place: Place, stop: StopFlag, step: int) -> None:
        self._journal = journal
        self._place = place
        self._stop = stop
        self._step = step
        self._part = ""
        self._saved: str | None = None
        self._say = Speaker()
        self._watch = SystemWatch(journal, seconds=seconds_between(), device=place.device, step=step)

    def drain(self, loop: Loop) -> int:
        """This will write down what the loop says, and return the exit code of the process."""
        self._stop.heed(loop, first=self._journal.sync)
        try:
            for event in loop:
                self._take(event)
                if self._stop.wanted and (self._stop.free or isinstance(event, Stepped)):
                    self._journal.sync()
                    loop.close()
                    raise Leaving
        except Leaving:
            self._watch.finish()
            self._record_stop()
            return STOPPED
        finally:
            self._watch.finish()
        return SUCCEEDED

    def _take(self, event: Event) -> None:
        match event:
            case Saving():
                self._journal.sync()
            case Entered():
                self._part = event.part
            case Checkpointed():
                self._saved = event.path
            case Finished():
                self._watch.finish()
        if isinstance(event, Stepped | Measuring):
            self._step = self._watch.step = max(self._step, event.step)
        self._stop.free = not isinstance(event, Finished) and (
            self._part not in TRAINING or isinstance(event, Measuring)
        )
        if event.journaled:
            self._journal.append(event)
            self._say(event)
        if isinstance(event, Started):
            self._watch.start()

    def _record_stop(self) -> None:
        path = checkpoint.latest(self._place.checkpoints)
        relative = None if path is None else str(path.relative_to(self._place.folder))
        if path is not None and relative is not None and relative != self._saved:
            digest = checkpoint.file_sha256(path)
            self._journal.append(Checkpointed(step=checkpoint.step_of(path), path=relative, sha256=digest))
        self._journal.append(Stopped(step=self._step))
        with contextlib.suppress(OSError):  # said where it counts
            print(f"stopped at step {self._step}", flush=True)


def _failed(journal: Journal, event: Failed, *, code: int) -> int:
    try:
        journal.append(event)
    except OSError as error:
        code = NO_ROOM if is_full(error) else code
    tell(event.message)
    return code


class Speaker:
    """Prints events for a person: points of curves at most once a second, so that a long job's log stays small."""

    def __init__(self) -> None:
        self._next_metrics = 0.0

    def __call__(self, event: Event) -> None:
        if isinstance(event, Metrics):
            now = time.monotonic()
            if now < self._next_metrics:
                return
            self._next_metrics = now + METRICS_SECONDS
        try:
            _say(event)
        except OSError:
            if not isinstance(event, Finished):  # a job that is done is not undone by its log
                raise


def _say(event: Event) -> None:
    match event:
        case Metrics(step=step, values=values):
            line = f"step {step}  " + "  ".join(f"{name} {value:.4g}" for name, value in values.items())
        case Evaluated(split=split, which=which, values=values):
            line = f"{split} ({which})  " + "  ".join(f"{name} {value:.4f}" for name, value in values.items())
        case Progressed(detail=detail, done=done, of=of):
            line = f"{event.part}  {detail}  {done:,} of {of:,}"
        case Finished(metrics=metrics):
            line = "finished  " + "  ".join(f"{name} {value:.4f}" for name, value in metrics.items())
        case _:
            line = f"{event.kind}  {getattr(event, 'message', '') or getattr(event, 'part', '')}".rstrip()
            line = f"{line} {getattr(event, 'detail', '') or getattr(event, 'path', '')}".rstrip()
    print(line, flush=True)
