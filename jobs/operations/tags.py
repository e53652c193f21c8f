"""What people say of a job after it was submitted: its name, tags and notes, and that it is put away."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from django.db import transaction
from django.db.models.functions import Now

from jobs import storable
from jobs.models import Job, User
from jobs.operations.errors import UnableToArchive, UnableToDescribe
from jobs.operations.moves import locked, move
from jobs.operations.unchanged import UNCHANGED, Unchanged

LONGEST_NAME, LONGEST_TAG, LONGEST_NOTES = 120, 40, 10_000
MOST_TAGS = 20


@transaction.atomic
def describe_job(
    *,
    job: Job,
    user: User,
    name: str | Unchanged = UNCHANGED,
    tags: Sequence[str] | Unchanged = UNCHANGED,
    notes: str | Unchanged = UNCHANGED,
    archived: bool | Unchanged = UNCHANGED,
) -> Job:
    """This will change what is said of a job; its spec keeps the name that it was submitted with.

    Tags are kept once each, in the order of the alphabet. Raises UnableToDescribe, whose `fields` say what cannot be
    kept, and UnableToArchive for a job that has not ended.
    """
    del user  # who may is the caller's question
    row = locked(job, refusal=UnableToArchive)
    changes: dict[str, object] = {}
    problems: dict[str, str] = {}
    if not isinstance(name, Unchanged):
        changes["name"] = name.strip()
        problems["name"] = _problem_with_name(name.strip())
    if not isinstance(notes, Unchanged):
        changes["notes"] = notes.replace("\r\n", "\n").strip()
        problems["notes"] = _problem_with_notes(notes)
    if not isinstance(tags, Unchanged):
        changes["tags"] = clean_tags(tags)
        problems["tags"] = _problem_with_tags(clean_tags(tags))
    if fields := {field: text for field, text in problems.items() if text}:
        raise UnableToDescribe(" ".join(f"{field}: {text}" for field, text in fields.items()), fields=fields)
    if not isinstance(archived, Unchanged) and archived != (row.archived_at is not None):
        changes["archived_at"] = _put_away(row) if archived else None
    return move(row, **changes) if changes else row


def tag_job(*, job: Job, user: User, tags: Sequence[str]) -> Job:
    """This will give a job tags besides those it has; raises UnableToDescribe."""
    return _retag(job, user, lambda had: [*had, *tags], tags)


def untag_job(*, job: Job, user: User, tags: Sequence[str]) -> Job:
    """This will take tags from a job, those that it has of them."""
    gone = set(clean_tags(tags))
    return _retag(job, user, lambda had: [tag for tag in had if tag not in gone], ())


def clean_tags(tags: Iterable[str]) -> list[str]:
    """This will strip tags of spaces and give each once, in order; empty ones are none."""
    return sorted({tag.strip() for tag in tags} - {""})


def split_tags(text: str) -> list[str]:
    """This will read tags as a person writes them into one field, with commas between."""
    return clean_tags(text.split(","))


@transaction.atomic
def _retag(job: Job, user: User, change: Callable[[list[str]], list[str]], given: Sequence[str]) -> Job:
    if given and (problem := _problem_with_tags(clean_tags(given))):
        raise UnableToDescribe(f"tags: {problem}", fields={"tags": problem})
    row = locked(job, refusal=UnableToArchive)
    tags = clean_tags(change(row.tags))
    return row if tags == row.tags else describe_job(job=row, user=user, tags=tags)


def _put_away(row: Job) -> Now:
    if not row.is_final:
        raise UnableToArchive(f"Job {row.pk} is {row.state}; only a job that has ended can be archived.")
    return Now()


def _problem_with_name(name: str) -> str:
    if len(name) <= LONGEST_NAME and (not name or name.isprintable()):
        return ""
    given = repr(name) if len(name) <= LONGEST_NAME else f"{len(name):,} characters"
    return f"given {given}, accepted are at most {LONGEST_NAME} printable characters."


def _problem_with_notes(notes: str) -> str:
    if storable.text(notes) != notes:
        return "they hold a character that cannot be stored, such as a NUL."
    if len(notes) > LONGEST_NOTES:
        return f"given {len(notes):,} characters, accepted are at most {LONGEST_NOTES:,}."
    return ""


def _problem_with_tags(tags: Sequence[str]) -> str:
    if len(tags) > MOST_TAGS:
        return f"given {len(tags)}, accepted are at most {MOST_TAGS}."
    odd = next((tag for tag in tags if len(tag) > LONGEST_TAG or not tag.isprintable() or "," in tag), None)
    if odd is None:
        return ""
    return f"given {odd[:60]!r}, accepted are up to {LONGEST_TAG} printable characters without a comma."
