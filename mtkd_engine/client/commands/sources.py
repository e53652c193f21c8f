"""Bringing datasets and teachers in: uploaded, checked by a worker, waited for."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from mtkd_engine.client.answers import Registration
from mtkd_engine.client.client import Client
from mtkd_engine.client.commands.given import Commands, add_place, client_of, length, project_of
from mtkd_engine.client.commands.telling import beside, complain, output, print_json, transfers
from mtkd_engine.client.errors import RefusedError
from mtkd_engine.client.harmless import harmless
from mtkd_engine.client.outcomes import CANCELLED, FAILED, OK
from mtkd_engine.spec import INPUTS, TextError, read_json

ALL = "all"


def add(commands: Commands) -> None:
    """This will add the commands."""
    for kind, what in (("dataset", "a file, a folder or an archive"), ("teacher", "a model or predictions")):
        parser = commands.add_parser(kind, help=f"bring {kind}s in")
        actions = parser.add_subparsers(required=True, metavar="ACTION")
        parser = actions.add_parser("add", help=f"upload {what}, and wait until it was checked")
        parser.add_argument("place", metavar="PATH", help=what)
        parser.add_argument("--name", help="that of the file unless given")
        parser.add_argument(
            "--on-server", action="store_true", help="PATH lies on the server, in a folder it may read"
        )
        (_add_dataset if kind == "dataset" else _add_teacher)(parser)
        parser.add_argument("--timeout", type=length, metavar="TIME", help="wait no longer than this")
        parser.add_argument("--json", action="store_true", help="write what was found to standard output")
        add_place(parser, project=True)
        parser.set_defaults(command=_add, kind=kind)


def _add_dataset(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", help="of what lies there; found out unless given")
    parser.add_argument("--words", metavar="FILE", help="which of the files holds word vectors")
    parser.add_argument("--new-version", action="store_true", help="of the dataset that has the name already")
    parser.add_argument(
        "--accept",
        action="append",
        metavar="REPAIR",
        help=f"a repair that may be made, or {ALL}; may be given several times",
    )


def _add_teacher(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dataset", help="what it is measured on; predictions need one")
    parser.add_argument("--split", help="of the dataset: train, val or test (val)")
    parser.add_argument(
        "--card",
        type=Path,
        metavar="FILE",
        help="JSON: the model card, or net, classes and input of a classifier of images or clips",
    )
    parser.add_argument(
        "--input", choices=tuple(INPUTS), help="what an image classifier without a card was trained to read"
    )
    parser.add_argument(
        "--classes",
        type=Path,
        metavar="FILE",
        help="names of its outputs, one per line (those of the dataset)",
    )


def _add(given: argparse.Namespace) -> int:
    asked = _asked(given)
    with client_of(given) as client:
        asked["project"] = project_of(given, client)
        if given.on_server:
            asked["path"] = given.place
        else:
            asked["uploads"] = _uploaded(client, given, project=asked["project"], name=asked["name"])
        found = client.register(given.kind, **asked)
        beside().print(
            f"Registration {found.id} of {given.kind} {found.name}: {client.url}/registrations/{found.id}/"
        )
        found = _ended(client, found, given)
    if given.json:
        print_json(found.plain())
    return _told(found, given)


def _asked(given: argparse.Namespace) -> dict[str, Any]:
    place = Path(given.place)
    asked: dict[str, Any] = {"name": given.name or place.resolve().name.split(".")[0]}
    for field in ("format", "words", "dataset", "split"):
        if getattr(given, field, None):
            asked[field] = getattr(given, field)
    if getattr(given, "new_version", False):
        asked["new_version"] = True
    accept = getattr(given, "accept", None)
    if accept and ALL not in accept:
        asked["accept"] = accept
    if getattr(given, "card", None):
        try:
            asked["card"] = read_json(given.card.read_text(encoding="utf-8"))
        except (TextError, UnicodeDecodeError) as error:
            raise RefusedError(f"--card: {error}") from None
    if getattr(given, "input", None) or getattr(given, "classes", None):
        asked["card"] = {**asked.get("card", {}), **_said(given)}
    return asked


def _said(given: argparse.Namespace) -> dict[str, Any]:
    said: dict[str, Any] = {} if given.input is None else {"input": given.input}
    if given.classes is not None:
        try:
            lines = given.classes.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise RefusedError(f"--classes: {given.classes} cannot be read ({error}).") from None
        said["classes"] = [line.strip() for line in lines if line.strip()]
    return said


def _uploaded(client: Client, given: argparse.Namespace, *, project: str, name: str) -> list[str]:
    place = Path(given.place)
    if not place.exists():
        raise RefusedError(
            f"{place}: there is no such file or folder here; --on-server names one on the server."
        )
    bars = transfers()
    tasks: dict[str, Any] = {}

    def show(file: str, came: int) -> None:
        if file not in tasks:
            size = (place / file if place.is_dir() else place).stat().st_size
            tasks[file] = bars.add_task(file, total=size)
        bars.update(tasks[file], completed=came)

    with bars:
        return client.upload(place, project=project, purpose=f"{given.kind} {name}", on_sent=show)


def _ended(client: Client, begun: Registration, given: argparse.Namespace) -> Registration:
    console, said = beside(), set[str]()

    def say(found: Registration) -> None:
        text = f"{found.state}: {found.part}" if found.part else found.state
        if text not in said:
            said.add(text)
            console.print(harmless(text))

    found = client.wait_for_registration(begun.id, seconds=given.timeout, on_news=say)
    if found.state == "waiting" and ALL in (getattr(given, "accept", None) or ()):
        client.decide(found.id, accept=[repair["name"] for repair in _repairs(found)])
        found = client.wait_for_registration(begun.id, seconds=given.timeout, on_news=say)
    return found


def _told(found: Registration, given: argparse.Namespace) -> int:
    if found.state == "registered":
        if not given.json:
            output().print(f"{given.kind.capitalize()} {found.name} is registered.")
        return OK
    if found.state == "waiting" and given.kind == "teacher":
        return _told_what_is_missing(found)
    if found.state == "waiting":
        complain(f"Registration {found.id} waits for a decision. These repairs can be made:")
        for repair in _repairs(found):
            complain(f"  --accept {repair['name']}: {repair['title']} ({repair['count']:,})")
        return FAILED
    complain(f"The registration was {found.state}. {found.sentence}".strip())
    return CANCELLED if found.state == "cancelled" else FAILED


def _told_what_is_missing(found: Registration) -> int:
    asks: dict[str, Any] = (found.report or {}).get("asks") or {}
    if asks.get("problem"):
        complain(harmless(str(asks["problem"])))
    proposed = (asks.get("proposed") or {}).get("net")
    if proposed:
        complain(f"Its tensors speak for the architecture {proposed}.")
    ways = {"dataset": "--dataset NAME", "card": "--input NAME or --card FILE", "net": "a net in --card FILE"}
    needs = ", ".join(ways[name] for name in asks.get("needs", ()) if name in ways) or "what does not fit"
    complain(f"Registration {found.id} waits to be told on its page: {needs}.")
    return FAILED


def _repairs(found: Registration) -> list[dict[str, Any]]:
    repairs: list[dict[str, Any]] = (found.report or {}).get("repairs", [])
    return repairs
