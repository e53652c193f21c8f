"""What holds whatever breaks; each invariant gives a sentence for every way in which it does not."""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

from jobs.models import ACTIVE, Artifact, Attempt, Blob, Checkpoint, Event, Job, MetricChunk, Outcome, State
from jobs.operations.metrics import read_chunk
from jobs.queries.history import series
from jobs.queries.integrity import integrity
from jobs.storage.blobs import StorageError, open_blob
from mtkd_engine import events as said
from mtkd_engine.journal import read
from tests.chaos.processes import until
from tests.chaos.reader import Reader
from tests.chaos.story import ENGINE_LEFT_SECONDS, Story, wrong_checkpoint
from tests.chaos.world import SYSTEM, Calm, Curves

STUDENT = "student.safetensors"
Checks = dict[str, Callable[[], Iterator[str]]]
Point = tuple[int, str, int, float]  # seq, metric, step, value


def broken(story: Story, calm: Calm, reader: Reader | None, *, most_losses: int) -> list[str]:
    """This will check every invariant of a job that is over, and return what is broken of each."""
    job = Job.objects.get(pk=story.job_id)
    checks: Checks = {
        "bit-identical": lambda: _bit_identical(job, calm),
        "client series": lambda: _client_series(job, reader),
        "no orphans": lambda: _no_orphans(story),
    }
    return [*broken_rows(story, most_losses=most_losses), *_sentences(checks)]


def broken_rows(story: Story, *, most_losses: int) -> list[str]:
    """This will check what holds of rows, journals and stored bytes alone."""
    job = Job.objects.get(pk=story.job_id)
    story.check_what_stands()
    return _sentences(
        {
            "ends well": lambda: _ends_well(job, most_losses),
            "one fence at a time": lambda: _one_fence(job, story),
            "every number once": lambda: _every_number_once(job),
            "points of the journals": lambda: _points_of_the_journals(job),
            "chunks": lambda: iter(integrity(job.pk)),
            "checksums": lambda: _checksums(job),
        }
    )


def _sentences(checks: Checks) -> list[str]:
    return [f"{name}: {sentence}" for name, check in checks.items() for sentence in check()]


def _ends_well(job: Job, most_losses: int) -> Iterator[str]:
    if job.state != State.SUCCEEDED:
        yield f"the job is {job.state}: {job.failure or job.pause_reason}"
    lost = job.attempts.filter(outcome=Outcome.LOST).count()
    if lost > most_losses:
        yield f"{lost} attempts were lost, but the faults cost at most {most_losses}"
    if job.state in ACTIVE and job.lease_until is None:
        yield f"it is {job.state}, and no lease says until when"
    if job.is_final and job.lease_until is not None:
        yield "the lease outlived the job"


def _one_fence(job: Job, story: Story) -> Iterator[str]:
    yield from story.complaints
    attempts = list(job.attempts.order_by("number"))
    for before, after in pairwise(attempts):
        if before.fence >= after.fence:
            yield f"attempt {after.number} has fence {after.fence} after {before.fence}"
        if before.ended_at is None or before.ended_at > after.started_at:
            yield f"attempt {before.number} ended after attempt {after.number} began, or never"
    firsts = {attempt.number: _numbers(attempt) for attempt in attempts}
    spans = [(min(seqs), max(seqs), number) for number, seqs in sorted(firsts.items()) if seqs]
    for (_, last, number), (first, _, later) in pairwise(spans):
        if last >= first:
            yield f"attempt {number} wrote up to {last}, but attempt {later} from {first} on"
    winners = [attempt for attempt in attempts if attempt.outcome == Outcome.SUCCEEDED]
    if job.state == State.SUCCEEDED and winners != attempts[-1:]:
        yield f"{len(winners)} attempts succeeded, and the last is number {attempts[-1].number}"
    for artifact in Artifact.objects.filter(job=job, name=STUDENT).select_related("attempt"):
        if [artifact.attempt] != winners:
            yield f"{artifact.name} is of attempt {artifact.attempt.number}"
    for checkpoint in Checkpoint.objects.filter(job=job):
        yield from wrong_checkpoint(checkpoint)


def _numbers(attempt: Attempt) -> set[int]:
    events = set(Event.objects.filter(attempt=attempt).values_list("seq", flat=True))
    return events | {point[0] for point in _points(attempt)}


def _points(attempt: Attempt) -> list[Point]:
    found: list[Point] = []
    for chunk in MetricChunk.objects.filter(attempt=attempt):
        run = read_chunk(chunk)
        for seq, step, value in zip(run.seqs.tolist(), run.steps.tolist(), run.values.tolist(), strict=True):
            found.append((seq, chunk.metric, step, _same(value)))
    return found


def _same(value: float) -> float:
    return math.inf if math.isnan(value) else value  # NaN would differ from itself


def _every_number_once(job: Job) -> Iterator[str]:
    events = list(Event.objects.filter(job=job).values_list("seq", flat=True))
    points = [point for attempt in job.attempts.all() for point in _points(attempt)]
    twice = [
        key for key, count in Counter((seq, metric) for seq, metric, _, _ in points).items() if count > 1
    ]
    if twice:
        yield f"{len(twice)} points stand twice, the first is {min(twice)}"
    missing = set(range(1, job.cursor_seq + 1)) - set(events) - {point[0] for point in points}
    if missing:
        yield f"{len(missing)} lines before the cursor left nothing, the first is number {min(missing)}"
    beyond = {seq for seq in events if seq > job.cursor_seq}
    if beyond or len(set(events)) != len(events):
        yield "events stand beyond the cursor or twice"


def _points_of_the_journals(job: Job) -> Iterator[str]:
    attempts = list(job.attempts.order_by("number"))
    firsts = {attempt.number: min(_numbers(attempt), default=None) for attempt in attempts}
    for attempt in attempts:
        path = Path(attempt.folder) / "journal.jsonl"
        later = [first for number, first in firsts.items() if number > attempt.number and first is not None]
        if not path.is_file():
            continue  # it lay on a disk that was deleted, or the attempt never got so far
        end = min(later, default=job.cursor_seq + 1)
        told = [line for line in read(path) if line.seq < end]
        points = {
            (line.seq, name, line.event.step, _same(float(value)))
            for line in told
            if isinstance(line.event, said.Metrics)
            for name, value in line.event.values.items()
        }
        if points != set(_points(attempt)):
            yield f"attempt {attempt.number}: its journal and its rows differ"
        events = {line.seq for line in told if not isinstance(line.event, said.Metrics)}
        if events != set(Event.objects.filter(attempt=attempt).values_list("seq", flat=True)):
            yield f"attempt {attempt.number}: its journal and its events differ"


def _bit_identical(job: Job, calm: Calm) -> Iterator[str]:
    if job.state != State.SUCCEEDED:
        return
    student = job.artifacts.filter(name=STUDENT).first()
    if student is None or student.sha256 != calm.student:
        yield "the student is not that of the undisturbed job"
    yield from _differences(stored_curves(job), calm.curves, "the undisturbed job's")


def stored_curves(job: Job) -> Curves:
    """This will read the curves of a job from the database, without those of the machine."""
    return {
        name: (curve.steps.tolist(), curve.values.tolist())
        for name, curve in series(job_id=job.pk).items()
        if not name.startswith(SYSTEM)
    }


def _differences(found: Curves, wanted: Curves, whose: str) -> Iterator[str]:
    if found.keys() != wanted.keys():
        yield f"metrics are not {whose}: {sorted(found.keys() ^ wanted.keys())[:5]}"
    for name in sorted(found.keys() & wanted.keys()):
        (steps, values), (wanted_steps, wanted_values) = found[name], wanted[name]
        same = list(map(_same, values)) == list(map(_same, wanted_values))
        if list(steps) != list(wanted_steps) or not same:
            yield f"{name} is not {whose}: {len(steps)} points, wanted {len(wanted_steps)}"


def _checksums(job: Job) -> Iterator[str]:
    stored = {row.blob_id: row.name for row in Artifact.objects.filter(job=job)}
    stored |= {row.blob_id: f"checkpoint {row.step}" for row in Checkpoint.objects.filter(job=job)}
    for sha256, name in stored.items():
        try:
            with open_blob(Blob.objects.get(pk=sha256)) as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != sha256:  # type: ignore[arg-type]
                    yield f"{name} has other bytes"
        except StorageError as error:
            yield f"{name}: {error}"
    told: dict[str, str] = defaultdict(str)
    for event in Event.objects.filter(job=job, kind="artifactwritten", attempt__outcome=Outcome.SUCCEEDED):
        told[event.payload["name"]] = event.payload["sha256"]
    for name, sha256 in told.items():
        if job.state == State.SUCCEEDED and not job.artifacts.filter(name=name, blob_id=sha256).exists():
            yield f"{name} was announced, but not with these bytes"


def _client_series(job: Job, reader: Reader | None) -> Iterator[str]:
    if reader is None:
        return
    reader.join(timeout=60)
    if reader.is_alive() or reader.problem:
        yield reader.problem or "the reader never heard of the end"
    if reader.state != job.state:
        yield f"the reader believes the job {reader.state or 'unknown'}, but it is {job.state}"
    yield from _differences(reader.curves, stored_curves(job), "the database's")


def _no_orphans(story: Story) -> Iterator[str]:
    strangers: list[str] = []

    def none_left() -> bool:
        strangers[:] = story.arena.strangers()
        return not strangers

    if not until(none_left, seconds=ENGINE_LEFT_SECONDS, every=0.2):
        yield f"still running: {strangers[:3]}"
