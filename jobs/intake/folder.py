"""The work folder of a registration: what the engine is given, what it leaves, and how it is cleared away.

given/ holds uploads and students, work/ what the engine extracts (kept for the next attempt), sealed/ its product.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path, PurePosixPath

from django.conf import settings

from jobs.engine.family import end_leftover
from jobs.models import REGISTRATION_FINAL, Registration, RegistrationKind, Upload
from jobs.operations.errors import UnableToRegister
from jobs.operations.intake import drop_uploads, is_allowed, is_plain, refused
from jobs.operations.intake_claims import folder_of
from jobs.operations.registrations import STUDENT
from jobs.operations.uploads import assemble
from jobs.storage.blobs import fetch
from jobs.storage.fetching import fetch_source, teacher_path
from mtkd_engine.predictions.outcomes import FILE as OUTCOMES

_PID = "engine.pid"
_WHOSE = "registration"
_CONFIG, _PREPARING = "config.json", "preprocessor_config.json"
"""What the transformers library saves beside a model."""


def lay_out(registration: Registration, folder: Path) -> list[str]:
    """This will prepare the folder for an attempt and return the engine's arguments.

    What an earlier attempt has put together stays. Raises UnableToUpload, UnableToRegister, StorageError, OSError.
    """
    end_leftover(pid=_leftover(folder), folder=folder)
    _begin_anew_for_another(registration, folder)
    for name in ("sealed", "tmp"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in ("report.json", "progress.json", OUTCOMES):
        (folder / name).unlink(missing_ok=True)
    for name in ("given", "work", "tmp"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    told = ["--report", str(folder / "report.json"), "--progress", str(folder / "progress.json")]
    if registration.kind == RegistrationKind.MEASUREMENT:
        return ["check", "teacher", *_for_measurement(registration, folder), *told]
    place = _place(registration, folder)
    arguments = ["check", registration.kind, str(place)]
    specific = _for_dataset if registration.kind == RegistrationKind.DATASET else _for_teacher
    arguments += specific(registration, folder)
    return [*arguments, "--seal", str(folder / "sealed"), *told]


def _begin_anew_for_another(registration: Registration, folder: Path) -> None:
    """Another database with the same home may have had a registration of that number."""
    mark, whose = folder / _WHOSE, f"{registration.pk} of {registration.created_at.isoformat()}"
    if not mark.is_file() or mark.read_text() != whose:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        mark.write_text(whose)


def note_pid(folder: Path, pid: int) -> None:
    """This will write down which engine works in the folder, for whoever comes after a killed worker."""
    (folder / _PID).write_text(str(pid))


def _leftover(folder: Path) -> int | None:
    try:
        return int((folder / _PID).read_text())
    except (OSError, ValueError):
        return None


def _place(registration: Registration, folder: Path) -> Path:
    given = folder / "given"
    if registration.from_job_id is not None or "job" in registration.asked:
        return _student(registration, given / STUDENT)
    if "path" in registration.asked:
        place = Path(registration.asked["path"])
        _refuse_traps(place)
        return place
    uploads = list(registration.uploads.all())
    for upload in uploads:
        _put_together(upload, given)
    return _handed_in(registration, given, [upload.name for upload in uploads])


def _put_together(upload: Upload, given: Path) -> None:
    target = given / PurePosixPath(upload.name)
    if not target.resolve().is_relative_to(given.resolve()):
        raise refused("uploads", f"{upload.name} is no name of a file in a folder.")
    if target.is_file():  # whole: it got its name only then
        return
    draft = given.parent / "tmp" / str(upload.pk)
    draft.unlink(missing_ok=True)
    assemble(upload, draft)
    target.parent.mkdir(parents=True, exist_ok=True)
    draft.replace(target)


def _handed_in(registration: Registration, given: Path, names: list[str]) -> Path:
    """Of several files the folder that holds them all; the words of a dataset and a teacher's card stand apart."""
    besides = {registration.asked.get("words", "")}
    if registration.kind == RegistrationKind.TEACHER:
        besides |= {name for name in names if name.lower().endswith(".json")}
    main = [name for name in names if name not in besides] or names
    if len(main) == 1:
        return given / main[0]
    if registration.kind == RegistrationKind.TEACHER:
        raise refused("uploads", f"a teacher is one file and perhaps its card, but {len(main)} came.")
    return given / os.path.commonpath([PurePosixPath(name).parent for name in main])


def _student(registration: Registration, target: Path) -> Path:
    """Of a job whose models taught each other it is the file of the one that was asked for."""
    job, file = registration.from_job, registration.asked.get("file", STUDENT)
    artifact = None if job is None else job.artifacts.select_related("blob").filter(name=file).first()
    if artifact is None:
        raise UnableToRegister(f"Job {registration.asked.get('job')} or its {file} was deleted meanwhile.")
    if not target.exists():
        fetch(artifact.blob, target)
    return target


def _refuse_traps(place: Path) -> None:
    """Links may not lead out of the folders that may be registered from; a pipe would be read for ever."""
    _refuse_trap(place)
    for beside in (f"{place.stem}.json", _CONFIG, _PREPARING):
        _refuse_trap(place.parent / beside)
    for folder, names, files in os.walk(place):
        for name in (*names, *files):
            path = Path(folder, name)
            if path.is_symlink() or not is_plain(path):  # following each of a million files takes a minute
                _refuse_trap(path)


def _refuse_trap(path: Path) -> None:
    if not is_allowed(path):
        raise refused("path", f"{path.name} leads to a place that nothing may be registered from.")
    if path.exists() and not is_plain(path):
        raise refused("path", f"{path.name} is neither a file nor a folder.")


def _for_dataset(registration: Registration, folder: Path) -> list[str]:
    asked = registration.asked
    arguments = [f"--name={registration.name}", "--format", asked.get("format", "auto")]  # may begin with -
    arguments += ["--work", str(folder / "work")]
    if words := asked.get("words"):
        is_uploaded = any(file["name"] == words for file in asked.get("files", []))
        place = folder / "given" / words if is_uploaded else Path(words)
        if not is_uploaded:
            _refuse_trap(place)
        arguments += ["--words", str(place)]
    if registration.accepted is not None:
        arguments += ["--accept", ",".join(registration.accepted)]
    return arguments


def _for_teacher(registration: Registration, folder: Path) -> list[str]:
    asked, arguments = registration.asked, []
    if card := asked.get("card"):
        (folder / "tmp" / "card.json").write_text(json.dumps(card))
        arguments += ["--card", str(folder / "tmp" / "card.json")]
    else:
        names = [file["name"] for file in asked.get("files", [])]
        cards = [name for name in names if name.lower().endswith(".json") and Path(name).name != _PREPARING]
        arguments += ["--card", str(folder / "given" / cards[0])] if cards else []
    if "dataset" in asked:
        arguments += _measured_on(registration, folder)
    return arguments


def _for_measurement(registration: Registration, folder: Path) -> list[str]:
    if registration.teacher is None:
        raise UnableToRegister(f"The teacher {registration.name!r} was deleted meanwhile.")
    return [str(teacher_path(registration.teacher)), *_measured_on(registration, folder)]


def _measured_on(registration: Registration, folder: Path) -> list[str]:
    asked = registration.asked
    if registration.measured_on is None:
        raise UnableToRegister(f"The dataset {asked['dataset']!r} was deleted meanwhile.")
    dataset = str(fetch_source(registration.measured_on))
    return ["--dataset", dataset, "--split", asked["split"], "--outcomes", str(folder / OUTCOMES)]


def clear(registration_id: int) -> None:
    """This will remove the work folder of a registration on this host."""
    shutil.rmtree(folder_of(registration_id), ignore_errors=True)


def sweep() -> None:
    """This will clear, on this host, after registrations that ended elsewhere, and drop what was uploaded for them."""
    folders = (Path(settings.MTKD_HOME) / "work" / "registrations").glob("*")
    ids = {int(folder.name) for folder in folders if folder.name.isdecimal()}
    alive = Registration.objects.filter(pk__in=ids).exclude(state__in=REGISTRATION_FINAL)
    for registration_id in ids - set(alive.values_list("pk", flat=True)):
        clear(registration_id)
    ended = Upload.objects.filter(registration__state__in=REGISTRATION_FINAL)
    for registration_id in set(ended.values_list("registration_id", flat=True)):
        drop_uploads(registration_id=registration_id)
