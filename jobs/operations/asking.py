"""What a person may ask a registration to take in: every field checked, without reading what is handed in."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

from jobs import storable
from jobs.models import Dataset, Project, RegistrationKind, Upload, User
from jobs.operations.errors import UnableToRegister
from jobs.operations.intake import allowed_path, checked_name, refused, shown
from jobs.operations.statements import check_statement
from jobs.queries.sources import find_dataset
from mtkd_engine.spec import is_statement

OF_CLIPS = ("ucf101", "hmdb51", "clip_table", "video_list", "frame_list", "video_folders", "feature_arrays")
OF_PIXELS = ("mask_folders", "fixation_table", "gaze_pictures")
FORMATS = (
    *("auto", "activitynet", "charades_sta", "tacos", "qvhighlights", "class_folders", "parquet"),
    *OF_CLIPS,
    *OF_PIXELS,
)
SPLITS = ("train", "val", "test")
PREDICTION_SUFFIXES = (".jsonl", ".jsonl.gz", ".npz", ".parquet")
CHECKPOINT_SUFFIXES = (".pt", ".pth", ".th", ".onnx")
MODEL_SUFFIX = ".safetensors"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request as it was given."""

    project: Project
    user: User
    kind: str
    name: str
    path: str
    uploads: tuple[str, ...]
    format: str
    words: str
    card: dict[str, Any] | None
    dataset: str
    split: str
    new_version: bool
    accepted: tuple[str, ...] | None


@dataclass(kw_only=True)
class Found:
    """What the request names, and what of it is kept in the row."""

    name: str = ""
    uploads: list[Upload] = field(default_factory=list)
    new_version_of: Dataset | None = None
    measured_on: Dataset | None = None
    kept: dict[str, Any] = field(default_factory=dict)


def look_at(asked: Asked) -> Found:
    """This will check a request, or raise UnableToRegister with one sentence for each field that does not fit.

    Uploads are locked until the present transaction ends, so that no other registration takes them.
    """
    if asked.kind not in (RegistrationKind.DATASET, RegistrationKind.TEACHER):
        raise refused("kind", f"given {shown(asked.kind)}, accepted is dataset or teacher.")
    found, fields = Found(), dict[str, str]()
    for step in (_name, _place, _choices, _words, _measured_on):
        try:
            step(asked, found)
        except UnableToRegister as error:
            fields |= error.fields
    if fields:
        sentences = (f"{name}: {text}" if name else text for name, text in fields.items())
        raise UnableToRegister(" ".join(sentences), fields=fields)
    names = [{"name": upload.name, "bytes": upload.size} for upload in found.uploads]
    given = {"card": asked.card, "files": names, "new_version": asked.new_version}
    found.kept |= {key: value for key, value in given.items() if value}
    return found


def _name(asked: Asked, found: Found) -> None:
    if asked.new_version and asked.kind == RegistrationKind.TEACHER:
        raise refused("new_version", "teachers have no versions; give this one a name of its own.")
    found.name = checked_name(
        asked.kind, project=asked.project, name=asked.name, new_version=asked.new_version
    )
    if asked.new_version:
        found.new_version_of = Dataset.objects.filter(project=asked.project, name=found.name).first()


def _place(asked: Asked, found: Found) -> None:
    if bool(asked.path.strip()) == bool(asked.uploads):
        raise refused("path", "accepted is either a path on the server or uploads, not both and not neither.")
    if asked.uploads:
        found.uploads = _complete_uploads(asked)
        return
    place = allowed_path(asked.path)
    found.kept["path"] = str(place)
    if asked.kind == RegistrationKind.TEACHER and not place.is_file():
        models, predictions = (MODEL_SUFFIX, *CHECKPOINT_SUFFIXES), PREDICTION_SUFFIXES
        accepted = f"a model ({', '.join(models)}) or predictions ({', '.join(predictions)})"
        raise refused("path", f"given {shown(asked.path)}, accepted is one file: {accepted}.")


def _complete_uploads(asked: Asked) -> list[Upload]:
    wanted = [_uuid(given) for given in asked.uploads]
    rows = Upload.objects.select_for_update().filter(pk__in=wanted, project=asked.project, user=asked.user)
    known = {upload.pk: upload for upload in rows}
    names = set[str]()
    for number in wanted:
        upload = known.get(number)
        if upload is None:
            raise refused("uploads", f"given {number}, but you have no such upload in this project.")
        if upload.registration_id is not None:
            raise refused(
                "uploads", f"{upload.name} is in use already, by registration {upload.registration_id}."
            )
        if upload.received < upload.size:
            raise refused(
                "uploads",
                f"{upload.name} has arrived up to byte {upload.received:,} of {upload.size:,}; finish it first.",
            )
        if upload.name in names:
            raise refused("uploads", f"two of them are named {upload.name}; each needs a name of its own.")
        names.add(upload.name)
    folders = {str(folder) for name in names for folder in PurePosixPath(name).parents}
    if clash := sorted(names & folders):
        raise refused("uploads", f"{clash[0]} is the name of a file and of a folder with others in it.")
    return [known[number] for number in wanted]


def _uuid(given: str) -> UUID:
    try:
        return UUID(given)
    except ValueError:
        raise refused("uploads", f"given {shown(given)}, accepted is the id of an upload.") from None


def _choices(asked: Asked, found: Found) -> None:
    fields = {}
    if asked.format not in FORMATS:
        fields["format"] = f"given {shown(asked.format)}, accepted is one of {', '.join(FORMATS)}."
    if asked.split not in SPLITS:
        fields["split"] = f"given {shown(asked.split)}, accepted is one of {', '.join(SPLITS)}."
    if any(not name.replace("_", "").isalnum() for name in asked.accepted or ()):
        fields["accept"] = f"given {shown(', '.join(asked.accepted or ()))}, accepted are names of repairs."
    if storable.data(asked.card) != asked.card:
        fields["card"] = "it holds a NUL, half a character or an endless number, which no card needs."
    elif (
        asked.card and is_statement(asked.card) and "format" not in asked.card
    ):  # a whole card is the check's
        fields |= check_statement(asked.card)
    if fields:
        raise UnableToRegister("", fields=fields)
    found.kept |= (
        {"format": asked.format} if asked.kind == RegistrationKind.DATASET else {"split": asked.split}
    )


def _words(asked: Asked, found: Found) -> None:
    if asked.words and asked.words not in {upload.name for upload in found.uploads}:
        try:
            found.kept["words"] = str(allowed_path(asked.words))
        except UnableToRegister as error:
            raise refused("words", error.fields["path"]) from None
    elif asked.words:
        found.kept["words"] = asked.words


def _measured_on(asked: Asked, found: Found) -> None:
    if asked.kind == RegistrationKind.DATASET:
        return
    names = [asked.path] if asked.path else [upload.name for upload in found.uploads]
    if not asked.dataset:
        if any(PurePosixPath(name).name.lower().endswith(PREDICTION_SUFFIXES) for name in names):
            raise refused("dataset", "predictions belong to the samples of one dataset: give its name.")
        return
    dataset = find_dataset(asked.project, asked.dataset)
    if dataset is None or dataset.archived_at is not None:
        state = "is archived" if dataset is not None else "is none of this project"
        raise refused(
            "dataset", f"given {shown(asked.dataset)}, which {state}; accepted is a dataset of this project."
        )
    found.measured_on = dataset
    found.kept["dataset"] = dataset.label
