"""One schedule from its first fault to the last invariant."""

from __future__ import annotations

import random
import shutil
import time
import traceback
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any
from unittest import mock

from django.conf import settings
from django.test import Client

from jobs import doorbell
from jobs.models import Job, Project, State, User
from jobs.operations.jobs import submit
from mtkd_engine.spec import parse
from tests.chaos.arena import Arena
from tests.chaos.faults import Scene
from tests.chaos.invariants import broken
from tests.chaos.reader import Reader
from tests.chaos.schedule import Stroke, in_words
from tests.chaos.story import Story, insist
from tests.chaos.world import Calm, Work

LOOK_SECONDS = 0.1
NEXT_ANYWAY_SECONDS = 6.0  # while nothing is recorded, the next fault does not wait for the steps


@dataclass
class Played:
    """How one schedule went."""

    seed: int
    schedule: str
    faults: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    proofs: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    recoveries: list[tuple[str, float]] = field(default_factory=list)
    longest_leftover: float = 0.0
    attempts: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """This will give what a program reads."""
        return asdict(self)


@dataclass(frozen=True)
class Stage:
    """What all schedules of an arena share."""

    arena: Arena
    project: Project
    user: User
    session: str
    work: Work
    calm: Calm
    patience: float


def play(stage: Stage, seed: int, strokes: Sequence[Stroke]) -> Played:
    """This will play one schedule and mend everything after it."""
    began = time.monotonic()
    played = Played(seed=seed, schedule=in_words(strokes))
    try:
        _play(stage, played, strokes)
    except Exception:  # of the harness: the schedule says nothing then, and that is a failure too
        played.violations.append(f"harness: {traceback.format_exc()[-1500:]}")
    finally:
        stage.arena.restore()
    played.seconds = round(time.monotonic() - began, 1)
    return played


def _play(stage: Stage, played: Played, strokes: Sequence[Stroke]) -> None:
    story = Story(arena=stage.arena, job_id=0)
    scene = Scene(arena=stage.arena, user=stage.user, story=story)
    waiting = list(strokes)
    active = [stroke.fault for stroke in strokes if stroke.at < 0]
    for fault in active:
        fault.begin(scene)
        waiting.pop(0)
    story.job_id = _submit(stage, rings=scene.rings)
    draw = random.Random(played.seed)
    reader = Reader(address=stage.arena.address, session=stage.session, job_id=story.job_id, draw=draw)
    scene.reader = reader
    reader.start()
    try:
        _follow(stage, scene, waiting, active)
        stage.arena.restore()
        _judge(stage, scene, played, strokes)
    finally:
        reader.leave()
        _end(stage, story)


def _follow(stage: Stage, scene: Scene, waiting: list[Stroke], active: list[Any]) -> None:
    story, deadline, struck = scene.story, time.monotonic() + stage.patience, time.monotonic()
    while time.monotonic() < deadline:
        story.look()
        if waiting and (_is_due(stage, story, waiting[0], struck) or story.is_over):
            fault = waiting.pop(0).fault
            fault.begin(scene)
            struck = time.monotonic()
            active.append(fault)
        active[:] = [fault for fault in active if not fault.mend(scene)]
        if story.is_over and not waiting and not active:
            return
        time.sleep(LOOK_SECONDS)
    story.complaints.append(f"the job neither ended nor ran: {story.job and story.job.state}")


def _is_due(stage: Stage, story: Story, stroke: Stroke, struck: float) -> bool:
    if not story.attempts:
        return False
    stuck = bool(story.losses) and time.monotonic() - struck > NEXT_ANYWAY_SECONDS
    return (story.step >= stroke.at * stage.work.steps and (story.holder() is not None)) or stuck


def _judge(stage: Stage, scene: Scene, played: Played, strokes: Sequence[Stroke]) -> None:
    story = scene.story
    insist(lambda: Job.objects.get(pk=story.job_id))
    for fault in (stroke.fault for stroke in strokes):
        if fault.missed:
            played.missed.append(fault.kind)
        else:
            played.faults.append(fault.kind)
            played.proofs.append(f"{fault.kind}: {fault.proof or 'NONE'}")
            if not fault.proof:
                played.violations.append(f"proof: {fault.kind} was not seen to take effect")
    losses = sum(stroke.fault.losses for stroke in strokes)
    played.violations += broken(story, stage.calm, scene.reader, most_losses=losses)
    played.recoveries = [
        (loss.kind, round(loss.back - loss.at, 2)) for loss in story.losses if loss.back is not None
    ]
    played.longest_leftover = round(story.longest_leftover, 2)
    played.attempts = [f"{row.worker}: {row.outcome} {row.reason}"[:300] for row in story.attempts]


def _submit(stage: Stage, *, rings: int) -> int:
    def ring(queue: str) -> bool:
        rung = [doorbell.ring(queue) for _ in range(rings)]
        return all(rung)

    with mock.patch("jobs.operations.jobs.ring", ring):
        spec = parse(stage.work.spec)
        return insist(lambda: submit(project=stage.project, user=stage.user, spec=spec)).pk


def _end(stage: Stage, story: Story) -> None:
    """What is left of a job, ended or not, must not be in the way of the next schedule."""
    stage.arena.start_database()
    for machine in stage.arena.machines:  # whose disks are small
        shutil.rmtree(machine.disk / "work" / "jobs" / str(story.job_id), ignore_errors=True)
    held = Job.objects.filter(pk=story.job_id).exclude(state__in=("succeeded", "failed", "cancelled"))
    insist(lambda: held.update(state=State.CANCELLED, fence=10**6, lease_until=None))


def session_of(user: User) -> str:
    """This will log a user in and give the session's key."""
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value
