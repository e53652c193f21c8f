"""Looking at jobs, cancelling them, comparing them, and taking away what they left."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from mtkd_engine.client.answers import Artifact, Job
from mtkd_engine.client.client import Client
from mtkd_engine.client.commands.given import Commands, add_place, client_of, identifier, project_of
from mtkd_engine.client.commands.telling import cell, output, print_json, table_of, transfers
from mtkd_engine.client.errors import RefusedError
from mtkd_engine.client.harmless import harmless
from mtkd_engine.client.outcomes import OK

FOLLOW_SECONDS = 1.0
LEAST_COMPARED = 2
_MEASURED = ("test", "val")


def add(commands: Commands) -> None:
    """This will add the commands."""
    _add_jobs(commands)
    parser = commands.add_parser("cancel", help="ask for jobs to be stopped")
    parser.add_argument("ids", type=identifier, nargs="+", metavar="ID")
    parser.add_argument("--group", action="store_true", help="IDs are those of groups")
    add_place(parser)
    parser.set_defaults(command=_cancel)

    parser = commands.add_parser("logs", help="what the engines of a job printed")
    parser.add_argument("id", type=identifier, metavar="ID")
    parser.add_argument("--tail", type=identifier, metavar="LINES", help="begin with this many newest lines")
    parser.add_argument("--search", metavar="TEXT", help="only lines with this in them")
    parser.add_argument("--follow", action="store_true", help="go on until the job has ended")
    add_place(parser)
    parser.set_defaults(command=_logs)

    parser = commands.add_parser("compare", help="what differs between jobs, and what came of it")
    parser.add_argument("ids", type=identifier, nargs="+", metavar="ID")
    parser.add_argument("--json", action="store_true", help="write it to standard output as JSON")
    add_place(parser)
    parser.set_defaults(command=_compare)

    parser = commands.add_parser("download", help="bring the files of a job here")
    parser.add_argument("id", type=identifier, metavar="ID")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these files, as in student.onnx")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="job-ID unless given")
    add_place(parser)
    parser.set_defaults(command=_download)


def _add_jobs(commands: Commands) -> None:
    parser = commands.add_parser("jobs", help="list jobs")
    parser.add_argument(
        "-q", "--query", default="", help="as on the page, such as 'state:failed miou>0.4 tag:nightly'"
    )
    parser.add_argument("--sort", default="", metavar="COLUMN", help="as on the page, such as -test/miou")
    parser.add_argument("--limit", type=identifier, default=50, metavar="N", help="at most this many (50)")
    parser.add_argument("--json", action="store_true", help="write them to standard output as JSON")
    add_place(parser, project=True)
    parser.set_defaults(command=_list)


def _list(given: argparse.Namespace) -> int:
    with client_of(given) as client:
        project = project_of(given, client)
        found = list(client.jobs(project=project, query=given.query, sort=given.sort, limit=given.limit))
    if given.json:
        print_json([job.plain() for job in found])
        return OK
    table = table_of("id", "name", "state", "step", "gate", "created", right=("id", "step"))
    for job in found:
        steps = f"{job.step}/{job.total_steps}" if job.total_steps else ""
        created = (job.created_at or "")[:16].replace("T", " ")
        table.add_row(str(job.id), harmless(job.name), job.state, steps, job.gate_outcome, created)
    output().print(table)
    return OK


def _cancel(given: argparse.Namespace) -> int:
    with client_of(given) as client:
        for number in given.ids:
            if given.group:
                client.cancel_group(number)
                output().print(f"The jobs of group {number} are asked to stop.")
            else:
                job = client.cancel(number)
                ended = "was cancelled" if job.is_final else "is asked to stop"
                output().print(f"Job {number} {ended}.")
    return OK


def _logs(given: argparse.Namespace) -> int:
    with client_of(given) as client:
        params: dict[str, str | int] = {"search": given.search} if given.search else {}
        after = _print_log(client, given.id, {**params, **({"tail": given.tail} if given.tail else {})})
        while given.follow:
            is_final = client.job(given.id).is_final  # before the last look, so that nothing is missed
            after = _print_log(client, given.id, {**params, "after": after})
            if is_final:
                break
            time.sleep(FOLLOW_SECONDS)
    return OK


def _print_log(client: Client, job_id: int, params: dict[str, str | int]) -> int:
    while True:
        page = client.log(job_id, **params)
        for line in page.lines:
            print(harmless(line["text"]), flush=True)
        if not page.more:
            return page.after
        params = {**{name: params[name] for name in ("search",) if name in params}, "after": page.after}


def _compare(given: argparse.Namespace) -> int:
    if len(set(given.ids)) < LEAST_COMPARED:
        raise RefusedError("ID: accepted are the ids of two jobs or more.")
    with client_of(given) as client:
        found = client.compare(given.ids)
    if given.json:
        print_json(found)
        return OK
    console = output()
    names = [f"{job['id']} {harmless(job['name'])}" for job in found["jobs"]]
    columns = ("", *names)
    for title, rows in (("What differs", _spec_rows(found)), ("What came of it", _final_rows(found))):
        console.print(title, style="bold")
        if not rows:
            console.print("nothing")
            continue
        table = table_of(*columns, right=tuple(names))
        for row in rows:
            table.add_row(*row)
        console.print(table)
    return OK


def _spec_rows(found: dict[str, Any]) -> list[list[str]]:
    return [[harmless(one["path"]), *map(cell, one["values"])] for one in found["spec"]["fields"]]


def _final_rows(found: dict[str, Any]) -> list[list[str]]:
    final = found["final"]
    both = sorted(zip(final["names"], final["values"], strict=True), key=lambda row: _place(row[0]))
    return [[harmless(name), *map(cell, values)] for name, values in both]


def _place(name: str) -> int:
    """What was measured on test comes first, what the baselines of a result reach comes last."""
    head, slash, _ = name.rpartition("/")
    return _MEASURED.index(head) if head in _MEASURED else len(_MEASURED) + bool(slash)


def _download(given: argparse.Namespace) -> int:
    folder = given.out or Path(f"job-{given.id}")
    with client_of(given) as client:
        wanted = _wanted(client.artifacts(given.id), given.only, client.job(given.id))
        with transfers() as bars:
            for artifact in wanted:
                bar = bars.add_task(harmless(artifact.name), total=artifact.size)
                path = client.download(
                    given.id,
                    artifact,
                    folder=folder,
                    on_came=lambda came, bar=bar: bars.update(bar, completed=came),  # type: ignore[misc]
                )
                output().print(harmless(str(path)))
    return OK


def _wanted(found: list[Artifact], only: list[str] | None, job: Job) -> list[Artifact]:
    if only is None:
        if not found:
            raise RefusedError(f"Job {job.id} is {job.state} and has left no files.")
        return found
    known = {artifact.name: artifact for artifact in found}
    if missing := [name for name in only if name not in known]:
        raise RefusedError(
            f"--only: given {missing[0]!r}, accepted are {', '.join(known) or 'none, it has left no files'}."
        )
    return [known[name] for name in only]
