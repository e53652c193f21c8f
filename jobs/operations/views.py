"""Saved views: what stands in the address of a project's table of jobs, under a name that all members see."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from django.db import transaction

from jobs.models import Project, SavedView, User
from jobs.operations.errors import UnableToSave
from jobs.operations.unchanged import UNCHANGED, Unchanged

LONGEST_NAME, LONGEST_ADDRESS = 80, 4_000
MOST_VIEWS = 200
KEPT = ("q", "sort", "columns")
"""What of an address is a view; where one has paged to is not."""


@transaction.atomic
def save_view(*, project: Project, user: User, name: str, address: str) -> SavedView:
    """This will keep the part of an address behind its question mark under a name, unless the name is taken.

    Raises UnableToSave, whose `fields` are `name` and `address`.
    """
    name, address = name.strip(), clean_address(address)
    _refuse({"name": _problem_with_name(name), "address": _problem_with_address(address)})
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    if project.views.count() >= MOST_VIEWS:
        _refuse({"name": f"a project has at most {MOST_VIEWS} views; delete one first."})
    saved, is_new = SavedView.objects.get_or_create(
        project=project, name=name, defaults={"address": address, "created_by": user}
    )
    if not is_new:
        _refuse({"name": _taken(name)})
    return saved


@transaction.atomic
def change_view(
    *,
    view: SavedView,
    user: User,
    name: str | Unchanged = UNCHANGED,
    address: str | Unchanged = UNCHANGED,
) -> SavedView:
    """This will rename a view, or let it stand for another address; raises UnableToSave."""
    del user
    Project.objects.select_for_update(no_key=True).get(pk=view.project_id)
    if not isinstance(name, Unchanged):
        view.name = name.strip()
        others = SavedView.objects.filter(project=view.project_id, name=view.name).exclude(pk=view.pk)
        _refuse({"name": _problem_with_name(view.name) or (_taken(view.name) if others.exists() else "")})
    if not isinstance(address, Unchanged):
        view.address = clean_address(address)
        _refuse({"address": _problem_with_address(view.address)})
    view.save(update_fields=["name", "address"])
    return view


def delete_view(*, view: SavedView, user: User) -> None:
    """This will forget a view; deleting twice is as once."""
    del user
    SavedView.objects.filter(pk=view.pk).delete()


def clean_address(address: str) -> str:
    """This will keep of an address what makes a view, in one order."""
    try:
        given = dict(parse_qsl(address.strip().removeprefix("?"), max_num_fields=100))
    except ValueError:
        given = {}
    return urlencode([(key, given[key].strip()) for key in KEPT if given.get(key, "").strip()])


def _problem_with_name(name: str) -> str:
    if 1 <= len(name) <= LONGEST_NAME and name.isprintable():
        return ""
    given = repr(name) if len(name) <= LONGEST_NAME else f"{len(name):,} characters"
    return f"given {given}, accepted are 1 to {LONGEST_NAME} printable characters."


def _problem_with_address(address: str) -> str:
    if "%00" in address:
        return "it holds a NUL, which no text here does."
    if len(address) > LONGEST_ADDRESS:
        return f"given {len(address):,} characters, accepted are at most {LONGEST_ADDRESS:,}."
    return ""


def _taken(name: str) -> str:
    return f"given {name!r}, which this project has already; accepted is another name."


def _refuse(problems: dict[str, str]) -> None:
    if fields := {field: text for field, text in problems.items() if text}:
        raise UnableToSave(" ".join(f"{field}: {text}" for field, text in fields.items()), fields=fields)
