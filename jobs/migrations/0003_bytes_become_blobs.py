"""Files of datasets, teachers and artifacts move from keys of their own to blobs, named by their sha256."""

import hashlib
from pathlib import Path

from django.conf import settings
from django.db import migrations
from django.utils import timezone


def to_blobs(apps, schema_editor):
    models = {name: apps.get_model("jobs", name) for name in ("Artifact", "Blob", "Dataset", "StoredFile", "Teacher")}
    root = Path(getattr(settings, "STORAGE", settings.MTKD_HOME / "storage"))
    for dataset in models["Dataset"].objects.all():
        for path in sorted(path for path in (root / dataset.storage_key).rglob("*") if path.is_file()):
            name = path.relative_to(root / dataset.storage_key).as_posix()
            models["StoredFile"].objects.create(dataset=dataset, name=name, blob=_blob(models["Blob"], root, path))
    for teacher in models["Teacher"].objects.all():
        for path in sorted((root / teacher.storage_key).parent.glob("model.*")):
            models["StoredFile"].objects.create(teacher=teacher, name=path.name, blob=_blob(models["Blob"], root, path))
    for artifact in models["Artifact"].objects.all():
        path = root / artifact.storage_key
        if path.is_file():
            artifact.blob = _blob(models["Blob"], root, path)
        else:  # lost already: the name of its bytes is all that is left
            lost = {"size": artifact.size, "touched_at": timezone.now()}
            artifact.blob = models["Blob"].objects.get_or_create(sha256=artifact.sha256, defaults=lost)[0]
        artifact.save(update_fields=["blob"])


def _blob(model, root, path):
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    target = root / "blobs" / sha256[:2] / sha256
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        target.hardlink_to(path)  # the old name stays: a migration rolled back loses nothing
    defaults = {"size": target.stat().st_size, "touched_at": timezone.now()}
    return model.objects.get_or_create(sha256=sha256, defaults=defaults)[0]


class Migration(migrations.Migration):

    dependencies = [
        ("jobs", "0002_registration"),
    ]

    operations = [migrations.RunPython(to_blobs, migrations.RunPython.noop)]
