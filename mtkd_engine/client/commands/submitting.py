"""Submitting a job or a group, waiting for it, and telling a CI what came out."""

from __future__ import annotations

import argparse
import os
import re
import signal
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from mtkd_engine.client.answers import Group, Job
from mtkd_engine.client.client import Client
from mtkd_engine.client.commands.given import Commands, add_place, client_of, identifier, length, project_of
from mtkd_engine.client.commands.telling import (
    STANDARD,
    as_json,
    beside,
    complain,
    output,
    report,
    write,
)
from mtkd_engine.client.documents import is_group, key_of_run, read_document, with_changes
from mtkd_engine.client.errors import AwayError, RefusedError, TooLateError
from mtkd_engine.client.harmless import harmless
from mtkd_engine.client.outcomes import OK, Outcome, states_of

POLL_SECONDS = 15.0
SPEAK_SECONDS = 60.0
_BASELINE = re.compile(r"baseline\(\s*([^()]+?)\s*\)")
_BESIDE = ("queue", "priority", "deadline")


def add(commands: Commands) -> None:
    """This will add the commands."""
    parser = commands.add_parser("submit", help="submit a spec or a group, and on request wait for it")
    parser.add_argument("spec", type=Path, metavar="SPEC", help="YAML or JSON file of a spec or a group")
    parser.add_argument("--name", help="instead of the name in the file")
    parser.add_argument("--tag", action="append", default=[], dest="tags", help="may be given several times")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        dest="settings",
        metavar="KEY.KEY=VALUE",
        help="change the spec before it is submitted, as in --set optim.epochs=3; may be given several times",
    )
    parser.add_argument("--queue")
    parser.add_argument("--priority", type=int)
    parser.add_argument("--deadline", help="a length from now (90m, 2h, 1d) or a time")
    parser.add_argument(
        "--key",
        help="the same key gives the same job, however often it is submitted within a day; in GitHub Actions and "
        "GitLab CI each step of a run has one of its own unless given",
    )
    parser.add_argument("--wait", action="store_true", help="until it has ended and was judged")
    _add_waiting(parser)
    add_place(parser, project=True)
    parser.set_defaults(command=_submit)

    parser = commands.add_parser("wait", help="wait for a job or a group that was submitted before")
    parser.add_argument("id", type=identifier, metavar="ID")
    parser.add_argument("--group", action="store_true", help="ID is that of a group")
    _add_waiting(parser)
    add_place(parser)
    parser.set_defaults(command=_wait)


def _add_waiting(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--timeout", type=length, metavar="TIME", help="wait no longer than this, such as 2h")
    parser.add_argument("--json", metavar="FILE", help=f"write all about it; {STANDARD} is standard output")
    parser.add_argument(
        "--junit", metavar="FILE", help="write a case for it and one for each rule of its gate"
    )
    parser.add_argument("--markdown", metavar="FILE", help="write the gate and the final metrics as tables")


def _submit(given: argparse.Namespace) -> int:
    if not given.wait and (given.timeout is not None or given.junit or given.markdown):
        raise RefusedError("--timeout, --junit and --markdown tell of a wait: give --wait, too.")
    document = with_changes(read_document(given.spec), settings=given.settings, name=given.name)
    with client_of(given) as client:
        subject = _submitted(client, given, document)
        outcome = Outcome(subject=subject, url=client.url)
        begun = f"Submitted {outcome.kind} {subject.id} ({harmless(subject.name)}): {outcome.address}"
        (beside() if given.wait or given.json == STANDARD else output()).print(begun)
        if given.wait:
            return _waited(client, given, subject)
        if given.json:
            told = outcome.plain()
            write(given.json, as_json({name: told[name] for name in ("kind", "address", outcome.kind)}))
    return OK


def _wait(given: argparse.Namespace) -> int:
    with client_of(given) as client:
        subject = client.group(given.id) if given.group else client.job(given.id)
        return _waited(client, given, subject)


def _submitted(client: Client, given: argparse.Namespace, document: dict[str, Any]) -> Job | Group:
    asked = {name: getattr(given, name) for name in _BESIDE if getattr(given, name) is not None}
    project = project_of(given, client)
    of_run = key_of_run({"document": document, "project": project, **asked}, os.environ)
    key = given.key or of_run or uuid.uuid4().hex
    submit = client.submit_group if is_group(document) else client.submit
    try:
        with _ending_softly():
            subject = submit(document, project=project, key=key, **asked)
            if given.tags:
                for number in [subject.id] if isinstance(subject, Job) else [job.id for job in subject.jobs]:
                    client.change(number, tags=given.tags)
    except (AwayError, KeyboardInterrupt):
        complain(f"It may have been submitted; the same command with --key {key} submits it once.")
        raise
    return subject


def _waited(client: Client, given: argparse.Namespace, subject: Job | Group) -> int:
    """Until it has ended; whatever ends the wait earlier, the job goes on."""
    try:
        with _ending_softly():
            found = _end_of(client, subject, seconds=given.timeout)
    except (AwayError, KeyboardInterrupt):
        complain(_how_to_go_on(subject))
        raise
    outcome = Outcome(subject=found, url=client.url, baselines=_named(client, found))
    report(outcome, files={form: getattr(given, form) for form in ("json", "junit", "markdown")})
    if not found.is_final:
        complain(_how_to_go_on(subject))
    return outcome.code


def _end_of(client: Client, subject: Job | Group, *, seconds: float | None) -> Job | Group:
    say = _Saying()
    try:
        if isinstance(subject, Job):
            return client.wait_for_job(subject.id, seconds=seconds, poll=POLL_SECONDS, on_news=say)
        return client.wait_for_group(subject.id, seconds=seconds, poll=POLL_SECONDS, on_news=say)
    except TooLateError:
        return client.job(subject.id) if isinstance(subject, Job) else client.group(subject.id)


class _Saying:
    """Says how it stands: at once when its state changes, else once a minute."""

    def __init__(self) -> None:
        self._state: object = None
        self._said: tuple[str, float] = ("", 0.0)
        self._console = beside()

    def __call__(self, subject: Job | Group) -> None:
        text, state = _standing(subject), (states_of(subject), getattr(subject, "part", ""))
        before, at = self._said
        if state == self._state and (text == before or time.monotonic() - at < SPEAK_SECONDS):
            return
        self._state, self._said = state, (text, time.monotonic())
        self._console.print(harmless(text))


def _standing(subject: Job | Group) -> str:
    if isinstance(subject, Group):
        return f"group {subject.id}: {subject.progress}"
    words = [f"job {subject.id} {subject.state}"]
    if subject.part and not subject.is_final:
        words.append(subject.part)
    if subject.total_steps and not subject.is_final:
        words.append(f"step {subject.step:,} of {subject.total_steps:,}")
    if subject.state == "queued" and subject.waits:
        words.append(subject.waits)
    return ": ".join((words[0], ", ".join(words[1:]))) if words[1:] else words[0]


def _named(client: Client, subject: Job | Group) -> dict[str, Mapping[str, float]]:
    """Final metrics of the baselines that rules speak of; without them there is just less to show."""
    wanted = list(dict.fromkeys(name for gate in subject.gates for name in _BASELINE.findall(gate.rule)))
    if not wanted or not isinstance(subject, Job):
        return {}
    try:
        jobs = {one.name: one.job for one in client.baselines(project=subject.project)}
        return {name: client.job(jobs[name]).final_metrics for name in wanted if name in jobs}
    except (RefusedError, AwayError):
        return {}


def _how_to_go_on(subject: Job | Group) -> str:
    kind, flag = ("Job", "") if isinstance(subject, Job) else ("Group", "--group ")
    stop = f"; `mtkd cancel {flag}{subject.id}` stops it" if not subject.is_final else ""
    return f"{kind} {subject.id} goes on. `mtkd wait {flag}{subject.id}` waits for it again{stop}."


@contextmanager
def _ending_softly() -> Iterator[None]:
    """What a CI sends when somebody cancels the run is taken as Ctrl-C."""

    def interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
