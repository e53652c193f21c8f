"""What asking for a registration and finishing one share: names, places, and the uploads that belong to one."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from jobs.models import (
    REGISTRATION_FINAL,
    Dataset,
    Project,
    Registration,
    RegistrationKind,
    Teacher,
    Upload,
)
from jobs.operations.errors import UnableToRegister
from jobs.operations.uploads import abort_upload

_LONGEST_NAME = 120
_LONGEST_SHOWN = 200


def refused(field: str, sentence: str) -> UnableToRegister:
    """This will make the refusal of one field."""
    return UnableToRegister(f"{field}: {sentence}" if field else sentence, fields={field: sentence})


def shown(text: str) -> str:
    """This will quote what was given, the beginning of it where it is long."""
    return repr(text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}...")


def checked_name(kind: str, *, project: Project, name: str, new_version: bool = False) -> str:
    """This will tidy a name, or refuse one that is badly made, in use, or on its way to be in use.

    A new version needs a dataset of that name; everything else needs a name of its own.
    """
    name = name.strip()
    if not name or len(name) > _LONGEST_NAME or not name.isprintable() or "@" in name:
        accepted = f"1 to {_LONGEST_NAME} printable characters without @, which stands before a version"
        raise refused("name", f"given {shown(name)}, accepted are {accepted}.")
    under_way = Registration.objects.filter(project=project, kind=kind, name=name)
    other = under_way.exclude(state__in=REGISTRATION_FINAL).first()
    if other is not None:
        raise refused("name", f"given {name!r}, but registration {other.pk} of that name is under way.")
    check_free(kind, project=project, name=name, new_version=new_version)
    return name


def check_free(kind: str, *, project: Project, name: str, new_version: bool = False) -> None:
    """This will refuse a name that is in use, or, for a new version, that is not."""
    model = Dataset if kind == RegistrationKind.DATASET else Teacher
    in_use = model._default_manager.filter(project=project, name=name).exists()
    if new_version and not in_use:
        raise refused("name", f"given {name!r}, but there is no dataset of that name to be a new version of.")
    if in_use and not new_version:
        raise refused("name", f"given {name!r}, but this project has a {kind} of that name already.")


def check_new(kind: str, *, project: Project, content_hash: str) -> None:
    """This will refuse content that the project has already, under whatever name."""
    model = Dataset if kind == RegistrationKind.DATASET else Teacher
    twin = model._default_manager.filter(project=project, content_hash=content_hash).first()
    if twin is not None:
        label = twin.label if isinstance(twin, Dataset) else twin.name
        raise refused("", f"The same content is registered already, as {kind} {label!r}.")


def allowed_path(path: str) -> Path:
    """This will follow links and refuse what does not lie in one of the folders of MTKD_DATA_ROOTS."""
    roots = ", ".join(str(root) for root in settings.DATA_ROOTS)
    try:
        found = Path(path).expanduser().resolve(strict=False) if path.strip() else None
        is_there = found is not None and found.exists()
    except (OSError, ValueError, RuntimeError):
        found = None
    if found is None or not is_allowed(found):
        raise refused("path", f"given {shown(path)}, accepted is an absolute path inside {roots}.")
    if not is_there:
        raise refused("path", f"given {shown(path)}, but nothing lies there.")
    if not is_plain(found):
        raise refused("path", f"given {shown(path)}, which is neither a file nor a folder.")
    return found


def is_allowed(path: Path) -> bool:
    """This will tell whether a path, links followed, lies in a folder that may be registered from."""
    try:
        found = path.resolve()
    except (OSError, RuntimeError):  # links in a circle
        return False
    return any(found.is_relative_to(root) for root in settings.DATA_ROOTS)


def is_plain(path: Path) -> bool:
    """This will tell whether a path, links followed, is a file or a folder: no pipe, device or socket."""
    return path.is_file() or path.is_dir()


def drop_uploads(*, registration_id: int) -> None:
    """This will remove what was uploaded for a registration that has ended."""
    for upload in Upload.objects.filter(registration_id=registration_id):
        abort_upload(upload=upload)
