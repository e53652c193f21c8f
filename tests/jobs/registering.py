"""What tests of registrations share: a fake engine, something to hand in, and one who carries it out."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.conf import settings

from jobs.intake.registrar import carry_out
from jobs.models import Blob, Project, Registration, RegistrationState, User
from jobs.operations.intake_claims import IntakeClaim, claim_registration
from jobs.operations.registrations import register

FAKE_CHECK = [sys.executable, str(Path(__file__).with_name("fake_check.py"))]


class Desk:
    """Where things are handed in: each is a folder, or a file, that tells the fake engine what to do."""

    def __init__(self, *, project: Project, user: User, folder: Path) -> None:
        self.project = project
        self.user = user
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def put(self, name: str, **wants: Any) -> str:
        """This will lay something ready: a folder, or a file where the name has an ending."""
        place = self.folder / name
        if "." not in name:
            place.mkdir(exist_ok=True)
        file = place if "." in name else place / "wants.json"
        file.write_text(json.dumps(wants))
        return str(place)

    def ask(self, name: str = "tiny", *, kind: str = "dataset", **given: Any) -> Registration:
        """This will ask for a registration; what `register` does not know goes to the fake engine."""
        known = {"format", "words", "card", "dataset", "split", "new_version", "accepted", "uploads", "path"}
        own = {key: given.pop(key) for key in list(given) if key in known}
        if not own.get("uploads") and "path" not in own:
            own["path"] = self.put(name if kind == "dataset" else f"{name}.safetensors", **given)
        return register(project=self.project, user=self.user, kind=kind, name=name, **own)

    def take(self) -> IntakeClaim:
        """This will claim the next registration, which must be there."""
        claim = claim_registration(queue="intake", worker="here:1")
        assert claim is not None
        return claim

    def carry_out(self, registration: Registration) -> Registration:
        """This will do the next registration's next attempt in this process and read the row again."""
        carry_out(self.take())
        registration.refresh_from_db()
        return registration

    def done(self, name: str = "tiny", **given: Any) -> Registration:
        """This will ask and carry out."""
        return self.carry_out(self.ask(name, **given))


def taken_in(registration: Registration) -> Registration:
    """This will carry one registration out, with the engine that the settings name, and read the row again."""
    claim = claim_registration(queue="intake", worker="here:1", only=registration.pk)
    assert claim is not None
    carry_out(claim)
    registration.refresh_from_db()
    assert registration.state == RegistrationState.REGISTERED, registration.sentence
    return registration


def work_left() -> list[str]:
    """This will list what lies in the work folders of registrations."""
    root = Path(settings.MTKD_HOME) / "work" / "registrations"
    return sorted(str(path.relative_to(root)) for path in root.rglob("*"))


def stored() -> list[str]:
    """This will list the files of the storage."""
    root = Path(settings.STORAGE)
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def nothing_is_left() -> bool:
    """This will tell whether neither work folders nor storage hold anything."""
    return not work_left() and not stored() and not Blob.objects.exists()
