"""One attempt as a process: the loop's events into the journal, signals into a clean stop."""

from __future__ import annotations

import signal
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import torch

from mtkd_engine import checkpoint
from mtkd_engine.data.errors import DataError
from mtkd_engine.distill import JobError, Place, distill
from mtkd_engine.events import (
    Checkpointed,
    Evaluated,
    Event,
    Failed,
    Finished,
    Metrics,
    Saving,
    Stepped,
    Stopped,
)
from mtkd_engine.journal import Journal
from mtkd_engine.modelfile import ModelError
from mtkd_engine.sources import Sources
from mtkd_engine.spec import Spec, SpecError, dump_yaml

SUCCEEDED, REFUSED, FAILED, STOPPED = 0, 2, 3, 4
METRICS_SECONDS = 1.0
INPUT_ERRORS = (SpecError, DataError, ModelError, checkpoint.CheckpointError)


@dataclass
class StopFlag:
    """Raised by SIGTERM or SIGINT; read between steps."""

    wanted: bool = False


@contextmanager
def stop_on_signal() -> Iterator[StopFlag]:
    """This will turn SIGTERM and SIGINT into a flag while the block runs."""
    flag = StopFlag()

    def raise_flag(_number: int, _frame: FrameType | None) -> None:
        flag.wanted = True

    previous = {number: signal.signal(number, raise_flag) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield flag
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def run_attempt(
    spec: Spec, *, sources: Sources, place: Place, resume: Path | None, threads: int, first_seq: int = 1
) -> int:
    """This will run one attempt to its end and return the exit code of the process.

    Every way out leaves its last word in the journal: Finished, Stopped or Failed.
    """
    torch.set_num_threads(threads)
    place.folder.mkdir(parents=True, exist_ok=True)
    (place.folder / "spec.yaml").write_text(dump_yaml(spec))
    with Journal(place.folder / "journal.jsonl", first_seq=first_seq) as journal, stop_on_signal() as stop:
        try:
            return _drain(spec, sources=sources, place=place, resume=resume, journal=journal, stop=stop)
        except INPUT_ERRORS as error:
            return _failed(journal, Failed(cause="input", message=str(error)), code=REFUSED)
        except JobError as error:
            return _failed(
                journal, Failed(cause=error.cause, message=str(error), step=error.step), code=FAILED
            )
        except MemoryError:
            message = "The engine ran out of memory; a smaller batch size or network needs less."
            return _failed(journal, Failed(cause="out_of_memory", message=message), code=FAILED)
        except OSError as error:
            message = f"The engine could not read or write its files: {error}."
            return _failed(journal, Failed(cause="storage", message=message), code=FAILED)
        except Exception as error:  # a defect of ours: keep the trace in the log, a sentence in the journal
            traceback.print_exc()
            message = f"The engine met an unexpected error ({type(error).__name__}: {error})."
            return _failed(journal, Failed(cause="defect", message=message), code=FAILED)


def _drain(
    spec: Spec, *, sources: Sources, place: Place, resume: Path | None, journal: Journal, stop: StopFlag
) -> int:
    loop, say = distill(spec, sources=sources, place=place, resume=resume), Speaker()
    step = 0
    for event in loop:
        if isinstance(event, Saving):
            journal.sync()
        elif event.journaled:
            journal.append(event)
            say(event)
        if isinstance(event, Stepped):
            step = event.step
            if stop.wanted:
                journal.sync()
                loop.close()
                _record_stop(journal, place=place, step=step)
                return STOPPED
    return SUCCEEDED


def _record_stop(journal: Journal, *, place: Place, step: int) -> None:
    path = checkpoint.latest(place.checkpoints)
    if path is not None and step > 0:
        relative = str(path.relative_to(place.folder))
        journal.append(Checkpointed(step=step, path=relative, sha256=checkpoint.file_sha256(path)))
    journal.append(Stopped(step=step))
    print(f"stopped at step {step}", flush=True)


def _failed(journal: Journal, event: Failed, *, code: int) -> int:
    journal.append(event)
    print(event.message, file=sys.stderr, flush=True)
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
        _say(event)


def _say(event: Event) -> None:
    match event:
        case Metrics(step=step, values=values):
            line = f"step {step}  " + "  ".join(f"{name} {value:.4g}" for name, value in values.items())
        case Evaluated(split=split, which=which, values=values):
            line = f"{split} ({which})  " + "  ".join(f"{name} {value:.4f}" for name, value in values.items())
        case Finished(metrics=metrics):
            line = "finished  " + "  ".join(f"{name} {value:.4f}" for name, value in metrics.items())
        case _:
            line = f"{event.kind}  {getattr(event, 'message', '') or getattr(event, 'part', '')}".rstrip()
            line = f"{line} {getattr(event, 'detail', '') or getattr(event, 'path', '')}".rstrip()
    print(line, flush=True)
