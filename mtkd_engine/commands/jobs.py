"""The commands `run`, `resume` and `expand`: jobs from their specs."""

from __future__ import annotations

import argparse
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from mtkd_engine.commands.given import (
    REFUSED,
    RefusedError,
    add_pulse,
    count,
    heed_pulse,
    refuse_device,
)
from mtkd_engine.loading import loading

if TYPE_CHECKING:
    from mtkd_engine.sources import Sources
    from mtkd_engine.spec import Spec

SOURCES = "sources.json"


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """This will add the commands to those of a parser."""
    run = commands.add_parser("run", help="run a job from its spec")
    run.add_argument("spec", type=Path, help="YAML file of the spec")
    run.add_argument("--out", type=Path, required=True, help="folder for journal, checkpoints and artifacts")
    run.add_argument(
        "--sources",
        type=Path,
        help="JSON file that maps names of datasets, teachers and selections to paths",
    )
    run.add_argument("--first-seq", type=count, default=1, help="number of the first event")
    run.add_argument("--resume", type=Path, help="checkpoint to go on from")
    add_pulse(run)
    run.add_argument("--attempt", type=count, default=1, help="number of this attempt, for the log")
    _add_place(run)
    run.set_defaults(command=_run)

    resume = commands.add_parser("resume", help="go on with a stopped run in its folder")
    resume.add_argument("out", type=Path, help="folder of the run")
    resume.add_argument("--sources", type=Path, help="as for run")
    _add_place(resume)
    resume.set_defaults(command=_resume)

    expand = commands.add_parser("expand", help="write the jobs of a group as one spec each")
    expand.add_argument("group", type=Path, help="YAML file of the group: a spec with seeds and ablate")
    expand.add_argument("--out", type=Path, required=True, help="folder for the specs")
    expand.set_defaults(command=_expand)


def _add_place(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--cache", type=Path, help="folder for out-of-fold copies and beliefs, shared by runs"
    )
    parser.add_argument(
        "--threads",
        type=count,
        default=max(1, (os.cpu_count() or 2) - 1),
        help="CPU threads; part of the bits",
    )
    parser.add_argument("--device", default="cpu", help="torch device")


def _run(given: argparse.Namespace) -> int:
    from mtkd_engine.sources import Sources
    from mtkd_engine.spec import load_yaml

    heed_pulse(given)
    print(f"attempt {given.attempt}", flush=True)
    spec = load_yaml(given.spec.read_text())
    sources = Sources.from_file(given.sources) if given.sources else Sources(base=given.spec.resolve().parent)
    if given.resume is None and (given.out / "journal.jsonl").exists():
        raise RefusedError(
            f"--out: {given.out} already holds a run; give another folder, or use the command resume."
        )
    return _attempt(given, spec=spec, sources=sources, resume=given.resume, first_seq=given.first_seq)


def _resume(given: argparse.Namespace) -> int:
    from mtkd_engine import checkpoint
    from mtkd_engine.sources import Sources
    from mtkd_engine.spec import load_yaml

    spec = load_yaml((given.out / "spec.yaml").read_text())
    sources = Sources.from_file(given.sources or given.out / SOURCES)
    newest = checkpoint.latest(given.out / "checkpoint")
    return _attempt(given, spec=spec, sources=sources, resume=newest, first_seq=1)


def _attempt(
    given: argparse.Namespace, *, spec: Spec, sources: Sources, resume: Path | None, first_seq: int
) -> int:
    with loading():
        from mtkd_engine.distill import Place, pipeline_of
        from mtkd_engine.runner import run_attempt

        pipeline_of(spec)  # so that it is there when `distill` asks for it

    refuse_device(given.device)
    if resume is not None and not resume.is_file():
        raise RefusedError(f"--resume: given {resume}, but no checkpoint lies there.")
    resolved = sources.of(spec).to_json()
    fresh = not given.out.exists()
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / SOURCES).write_text(resolved)
    place = Place(folder=given.out, cache=given.cache or given.out / "cache", device=given.device)
    code = run_attempt(
        spec, sources=sources, place=place, resume=resume, threads=given.threads, first_seq=first_seq
    )
    if code == REFUSED and fresh:
        shutil.rmtree(given.out)  # what was refused leaves nothing half-made
    return code


def _expand(given: argparse.Namespace) -> int:
    from mtkd_engine.spec.expanding import write_jobs

    return write_jobs(given.group, given.out)
