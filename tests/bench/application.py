"""A whole application of a benchmark's own, driven over REST like a user's."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Row = dict[str, float]


@dataclass(frozen=True)
class Application:
    """Submits jobs and waits for them; the server's own folder is `home`."""

    rest: Any
    project: str
    home: Path

    def dataset(self, name: str, path: Path) -> None:
        """This will register a dataset folder."""
        asked = self.rest.call(
            "POST", "datasets/", {"project": self.project, "name": name, "path": str(path)}
        )
        self.rest.wait_until_registered(asked["id"])

    def submit(self, spec: dict[str, Any]) -> int:
        """This will submit a job and return its id."""
        return int(self.rest.call("POST", "jobs/", {"project": self.project, "spec": spec})["id"])

    def result(self, job_id: int) -> dict[str, Any]:
        """This will wait for a job and return its result; a job that does not succeed ends the benchmark."""
        job = self.rest.wait(job_id)
        if job["state"] != "succeeded":
            raise SystemExit(f"job {job_id} ended as {job['state']}: {job.get('failure')}")
        return dict(job["result"])

    def teachers(self, specs: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        """This will train teachers as solo jobs side by side, promote them, and return their results."""
        submitted = {name: self.submit(spec) for name, spec in specs.items()}
        results = {name: self.result(job_id) for name, job_id in submitted.items()}
        for name, job_id in submitted.items():
            asked = self.rest.call("POST", f"jobs/{job_id}/promotion/", {"name": name})
            self.rest.wait_until_registered(asked["id"])
        return results


@contextmanager
def application(*, data_roots: list[Path], workers: int = 2) -> Iterator[Application]:
    """This will run database, broker, web and workers in a folder of their own for the length of the block."""
    with tempfile.TemporaryDirectory(prefix="mtkd-bench-") as folder:
        home = Path(folder)
        os.environ["MTKD_HOME"] = folder
        os.environ["MTKD_DATA_ROOTS"] = os.pathsep.join(map(str, [home / "data", *data_roots]))
        os.environ["DJANGO_SETTINGS_MODULE"] = "webapp.settings"
        import django

        django.setup()
        from jobs.demo.rest import Rest
        from jobs.local import running
        from jobs.operations.people import ensure_demo_project
        from jobs.operations.tokens import create_token

        try:
            with running(web=True, workers=workers) as place:
                user, project = ensure_demo_project()
                _, secret = create_token(user=user, name="bench")
                yield Application(Rest(url=place.url, token=secret), project.slug, home)
        finally:
            command = [sys.executable, "manage.py", "down", "--erase"]
            subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)


def line(name: str, *cells: Row) -> str:
    """This will write one row of a Markdown table: R1@0.5, R1@0.7 and mIoU in percent, mean over cells.

    With several cells, the range (least to largest) of R1@0.5 stands behind its mean.
    """
    means = [100 * sum(cell[key] for cell in cells) / len(cells) for key in ("r1@0.5", "r1@0.7", "miou")]
    spread = ""
    if len(cells) > 1:
        values = [100 * cell["r1@0.5"] for cell in cells]
        spread = f" ({min(values):.1f} to {max(values):.1f})"
    return f"| {name} | {means[0]:.1f}{spread} | {means[1]:.1f} | {means[2]:.1f} |"


HEAD = "| | R1@0.5 | R1@0.7 | mIoU |\n|---|---|---|---|"
