"""What registering a dataset and registering a teacher share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, TypeVar

from django.conf import settings
from django.db import transaction

from jobs.inspection import InspectionError, inspect
from jobs.models import Dataset, Project, Teacher
from jobs.operations.errors import UnableToRegister
from jobs.operations.locks import Lock, hold
from jobs.storage import adopt, remove

Kind = Literal["dataset", "teacher"]
Source = TypeVar("Source", Dataset, Teacher)
_LONGEST_NAME = 120
_LONGEST_SHOWN = 200


def refused(field: str, sentence: str) -> UnableToRegister:
    """This will make the refusal of one field."""
    return UnableToRegister(f"{field}: {sentence}" if field else sentence, fields={field: sentence})


def free_name(model: type[Dataset] | type[Teacher], *, project: Project, name: str) -> str:
    """This will tidy a name, or refuse one that is empty, too long, unprintable or in use."""
    name = name.strip()
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise refused(
            "name", f"given {_short(name)}, accepted are 1 to {_LONGEST_NAME} printable characters."
        )
    if model.objects.filter(project=project, name=name).exists():
        noun = model._meta.verbose_name
        raise refused("name", f"given {name!r}, but this project has a {noun} of that name already.")
    return name


def allowed_path(path: str) -> Path:
    """This will follow links and refuse what does not lie in one of the folders of MTKD_DATA_ROOTS."""
    roots = ", ".join(str(root) for root in settings.DATA_ROOTS)
    try:
        found = Path(path).expanduser().resolve(strict=False) if path.strip() else None
        is_there = found is not None and found.exists()
    except (OSError, ValueError, RuntimeError):
        found = None
    if found is None or not is_allowed(found):
        raise refused("path", f"given {_short(path)}, accepted is an absolute path inside {roots}.")
    if not is_there:
        raise refused("path", f"given {_short(path)}, but nothing lies there.")
    return found


def _short(text: str) -> str:
    return repr(text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}...")


def is_allowed(path: Path) -> bool:
    """This will tell whether a path, links followed, lies in a folder that may be registered from."""
    return any(path.resolve().is_relative_to(root) for root in settings.DATA_ROOTS)


@contextmanager
def refusing_disk_errors() -> Iterator[None]:
    """This will turn a full disk or an unreadable file into a refusal with a sentence."""
    try:
        yield
    except OSError as error:
        name = Path(str(error.filename)).name if error.filename else "A file"
        raise refused("path", f"{name} could not be copied: {error.strerror or error}.") from None


def report_on(kind: Kind, staged: Path) -> dict[str, Any]:
    """This will give the engine's report on a staged copy, or its refusal."""
    try:
        return inspect(kind, staged)
    except InspectionError as error:
        sentence = str(error).replace(f"{staged.parent}/", "")
        raise UnableToRegister(sentence, fields={"path": sentence}) from None


def keep(staged: Path, *, key: str, row: Source) -> Source:
    """This will move staged bytes to their key and save the row, or leave nothing of both.

    The row's name and content must still be new to its project.
    """
    model = type(row)
    with transaction.atomic():
        hold(Lock.REGISTRATION)  # nobody adds or removes the same content meanwhile
        free_name(model, project=row.project, name=row.name)
        twin = model.objects.filter(project=row.project, content_hash=row.content_hash).first()
        if twin is not None:
            raise refused("path", f"the same content is already registered as {twin.name!r}.")
        is_new = adopt(staged, key=key)
        try:
            row.save(force_insert=True)
        except BaseException:
            if is_new:
                remove(key)
            raise
    return row
