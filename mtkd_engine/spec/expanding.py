"""The command `expand`: the jobs of a group as files, for who runs them without a queue; torch-free."""

from __future__ import annotations

import json
import re
from pathlib import Path

from mtkd_engine.spec.groups import Cell, expand, load_group
from mtkd_engine.spec.load import dump_yaml
from mtkd_engine.spec_error import SpecError

_LONGEST = 60


def write_jobs(group: Path, out: Path) -> int:
    """This will write one YAML file for each job of a group into a new or empty folder, and print their list as JSON.

    Raises SpecError, and OSError when a file cannot be read or written.
    """
    expanded = expand(load_group(group.read_text()))
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise SpecError({"--out": f"given {out}, accepted is a new or an empty folder."})
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for number, job in enumerate(expanded.cells, start=1):
        path = out / f"{number:03d}-{_file_name(job)}.yaml"
        path.write_text(dump_yaml(job.spec))
        written.append({"file": str(path), "cell": job.cell, "seed": job.seed})
    print(json.dumps({"name": expanded.name, "jobs": written}, ensure_ascii=False, indent=2))
    return 0


def _file_name(job: Cell) -> str:
    cell = re.sub(r"[^A-Za-z0-9]+", "-", job.cell or "reference").strip("-")[:_LONGEST] or "cell"
    return f"{cell}-seed-{job.seed}"
