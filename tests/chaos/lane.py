"""One arena that plays one schedule after the other: a line of JSON in, a line of JSON out.

Run as `python -m tests.chaos.lane` with the environment of `surroundings`, by the runner.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import django

if os.environ.get("DJANGO_SETTINGS_MODULE"):
    django.setup()

from django.conf import settings

from jobs.models import Project, Registration, User
from jobs.operations.projects import create_project
from jobs.operations.registrations import register
from tests.chaos.arena import Arena
from tests.chaos.faults import FAULTS
from tests.chaos.play import Stage, play, session_of
from tests.chaos.schedule import draw_schedule
from tests.chaos.stubborn import SCENES
from tests.chaos.world import NAME, Work, load, make_noise
from tests.jobs.registering import taken_in

_CLONE_NEWNS = 0x00020000


def prepare(arena: Arena) -> tuple[Project, User]:
    """This will start everything, and register the dataset."""
    arena.start_servers()
    user = User.objects.create_user(username="chaos")
    project = create_project(name="Chaos", user=user)
    folder = settings.DATA_ROOTS[0] / NAME
    make_noise(folder)
    asked: Registration = register(project=project, user=user, kind="dataset", name=NAME, path=str(folder))
    taken_in(asked)
    arena.start_machines()
    return project, user


def hide_mounts() -> None:
    """This will keep what is mounted here to this process and its children, where that is allowed."""
    if os.geteuid() == 0 and ctypes.CDLL(None).unshare(_CLONE_NEWNS) == 0:
        subprocess.run(["mount", "--make-rprivate", "/"], check=False, capture_output=True)


def left_out(arena: Arena) -> dict[str, str]:
    """This will say which faults cannot be played here, and why."""
    reasons = {}
    if not all(machine.disk_can_fill for machine in arena.machines):
        reasons["disk_full"] = "nothing may be mounted here"
    if not all(machine.clock for machine in arena.machines):
        reasons["clock_off"] = "there is no C compiler to build a clock with"
    return reasons


def main() -> None:
    """This will play what comes until the input ends."""
    given = json.loads(sys.argv[1])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    hide_mounts()
    arena = Arena(root=Path(given["root"]), machines=given["machines"], environment=given["environment"])
    try:
        project, user = prepare(arena)
        stage = Stage(
            arena=arena,
            project=project,
            user=user,
            session=session_of(user),
            work=Work(epochs=given["epochs"]),
            calm=load(Path(given["calm"])),
            patience=given["patience"],
        )
        missing = left_out(arena)
        _say({"ready": True, "left_out": missing})
        for line in sys.stdin:
            asked = json.loads(line)
            if asked["scene"]:
                _say(SCENES[asked["scene"]](stage, asked["state"]))
                continue
            possible = [kind for kind in FAULTS if kind not in missing]
            strokes = draw_schedule(asked["seed"], only=asked["only"], possible=possible)
            for stroke in strokes:
                stroke.fault.for_good = asked["for_good"]
            _say(play(stage, asked["seed"], strokes).as_dict())
    finally:
        arena.close()


def _say(what: dict[str, Any]) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    main()
