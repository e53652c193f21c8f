"""World, two teachers, one student: submitted over REST, taken by the queue, trained by the engine."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings

from jobs.demo.rest import Rest, RestError

TEACHERS = ("span", "map2d")
METRICS = {"r1@0.5": "r1_05", "r1@0.7": "r1_07", "miou": "miou"}
BASELINES = ("blind", "best_single", "uniform", "static", "oracle")
FOLDER = Path(__file__).parent


def tell(*, rest: Rest, project: str, say: Callable[[str], None]) -> dict[str, Any]:
    """This will run the whole story in a project and return what `make demo` prints.

    What an earlier telling left (world, dataset, teachers) is used again; the student is always trained.
    Raises RestError or RuntimeError with a sentence when a part does not succeed.
    """
    began = time.monotonic()
    _dataset(rest, project=project, say=say)
    _teachers(rest, project=project, say=say)
    say("training the student with both teachers (method emtm)")
    job = rest.wait(_submit(rest, project=project, spec="emtm"))
    result = job["result"] or {}
    return {
        "job": job["id"],
        "state": job["state"],
        "metrics": _short(result.get("metrics", {})),
        "baselines": {name: _short(result.get("baselines", {}).get(name, {})) for name in BASELINES},
        "seconds": round(time.monotonic() - began, 1),
        **({"failure": job["failure"]} if job.get("failure") else {}),
    }


def _dataset(rest: Rest, *, project: str, say: Callable[[str], None]) -> None:
    if any(found["name"] == "world" for found in rest.call("GET", f"datasets/?project={project}")):
        return
    folder = settings.DATA_ROOTS[0] / "world"
    if not folder.exists():
        say(f"making the world in {folder}")
        folder.parent.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "mtkd_engine", "make-data", "--out", str(folder)]
        subprocess.run(command, check=True, cwd=settings.BASE_DIR, stdout=subprocess.DEVNULL)
    say("registering the dataset")
    asked = rest.call("POST", "datasets/", {"project": project, "name": "world", "path": str(folder)})
    rest.wait_until_registered(asked["id"])


def _teachers(rest: Rest, *, project: str, say: Callable[[str], None]) -> None:
    known = {found["name"] for found in rest.call("GET", f"teachers/?project={project}")}
    missing = [family for family in TEACHERS if f"demo-{family}" not in known]
    if missing:
        say(f"training teachers from labels alone: {', '.join(missing)}")
    submitted = {family: _submit(rest, project=project, spec=family) for family in missing}
    for family, job_id in submitted.items():
        job = rest.wait(job_id)
        if job["state"] != "succeeded":
            raise RuntimeError(
                f"The {family} teacher's job ended as {job['state']}: {job.get('failure', '')}"
            )
        quality = job["result"]["metrics"]["r1@0.5"]
        say(f"teacher {family}: test R1@0.5 {quality:.3f}; promoting its student to teacher demo-{family}")
        asked = rest.call("POST", f"jobs/{job_id}/promotion/", {"name": f"demo-{family}"})
        rest.wait_until_registered(asked["id"])


def _submit(rest: Rest, *, project: str, spec: str) -> int:
    body = {"project": project, "spec": yaml.safe_load((FOLDER / f"{spec}.yaml").read_text())}
    job_id: int = rest.call("POST", "jobs/", body)["id"]
    return job_id


def _short(values: dict[str, float]) -> dict[str, float]:
    return {short: round(values[name], 4) for name, short in METRICS.items() if name in values}


__all__ = ["RestError", "tell"]
