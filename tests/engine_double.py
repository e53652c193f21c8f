"""Stands in for worker and engine: claims a job and says things through the real journal and recorder."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

from jobs.attempt.recorder import JOURNAL, Recorder, open_journal
from jobs.models import Artifact, Attempt, Job
from jobs.operations.claims import Claim, claim
from jobs.operations.endings import fail, succeed
from jobs.storage.blobs import keep_file, staging
from mtkd_engine.events import Event, Finished, ProbeSet, Started, Weights
from mtkd_engine.journal import Journal

TEACHERS = ["span", "map2d"]


class EngineDouble:
    """One attempt of the job that is next in the queue `cpu`."""

    def __init__(self, *, first_seq: int = 1) -> None:
        held = claim(queue="cpu", worker="double@test", threads=2, device="cpu")
        assert held is not None, "no job waits"
        self.claim: Claim = held
        self.attempt = Attempt.objects.get(pk=held.attempt_id)
        Path(self.attempt.folder).mkdir(parents=True, exist_ok=True)
        open_journal(claim=held)
        self.journal = Journal(Path(self.attempt.folder) / JOURNAL, first_seq=first_seq)
        self.recorder = Recorder(claim=held, attempt=self.attempt)

    @property
    def job(self) -> Job:
        return Job.objects.get(pk=self.claim.job_id)

    def say(self, *events: Event) -> None:
        """This will write events and record them at once."""
        for event in events:
            self.journal.append(event)
        self.recorder.flush()

    def start(self, *, total_steps: int = 100) -> None:
        """This will say that the engine runs."""
        self.say(
            Started(
                spec_hash="s",
                method="emtm",
                teachers=TEACHERS,
                total_steps=total_steps,
                threads=2,
                device="cpu",
                versions={},
            )
        )

    def probe(self, *, step: int, labels: list[str], first: float) -> None:
        """This will record weights of two teachers for the probe samples."""
        rows = [[first, 1 - first] for _ in labels]
        ids = [f"v{index}#0" for index, _ in enumerate(labels)]
        if step == 0:
            self.say(ProbeSet(sample_ids=ids, labels=labels))
        self.say(Weights(step=step, teachers=TEACHERS, mean=rows[0], probe=rows, entropy=0.9))

    def finish(self, *, files: dict[str, bytes] | None = None, result: dict[str, Any] | None = None) -> None:
        """This will let the job succeed with a result, its own unless given, and the given files."""
        quality = {"r1@0.3": 0.7, "r1@0.5": 0.55, "r1@0.7": 0.31, "miou": 0.5}
        baselines = {
            name: {key: value * factor for key, value in quality.items()}
            for name, factor in zip(
                ("blind", "best_single", "uniform", "static", "oracle", "teacher:span"),
                itertools.cycle((0.5, 0.9, 0.95, 1.01, 1.2)),
                strict=False,
            )
        }
        self.say(Finished(step=100, metrics=quality, baselines=baselines, notes=["Read on two threads."]))
        rows = [self._stored(name, body) for name, body in (files or {}).items()]
        usual = {"metrics": quality, "baselines": baselines}
        succeed(claim=self.claim, result=result or usual, artifacts=rows)
        self.journal.close()

    def fail(self, sentence: str) -> None:
        """This will let the job fail."""
        fail(claim=self.claim, cause="test", sentence=sentence, exit_code=3)
        self.journal.close()

    def _stored(self, name: str, body: bytes) -> Artifact:
        with staging() as folder:
            (folder / name).write_bytes(body)
            blob = keep_file(folder / name)
        return Artifact(
            job_id=self.claim.job_id,
            attempt=self.attempt,
            name=name,
            blob=blob,
            size=blob.size,
            media_type="application/octet-stream",
        )
