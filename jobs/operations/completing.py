"""What only a person knows of a teacher that was handed in bare, said when its check asks for it."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from jobs.models import Dataset, Registration, RegistrationKind, RegistrationState, User
from jobs.operations.asking import SPLITS
from jobs.operations.errors import UnableToDecide
from jobs.operations.intake import shown
from jobs.operations.registrations import queue_again
from jobs.operations.statements import TASK, check_statement
from jobs.queries.sources import find_dataset
from mtkd_engine.spec import TeacherStatement


@transaction.atomic
def complete(
    *,
    registration: Registration,
    user: User,
    card: dict[str, Any] | None,
    dataset: str = "",
    split: str = "val",
) -> Registration:
    """This will say what a classifier is (`card`, a TeacherStatement) and what it is measured on; its check goes on.

    What was given before stays where nothing is given now. Raises UnableToDecide with a sentence for each field.
    """
    del user  # who may decide is the caller's question
    row = Registration.objects.select_for_update().get(pk=registration.pk)
    if row.state != RegistrationState.WAITING or row.kind != RegistrationKind.TEACHER:
        raise UnableToDecide(
            f"Registration {row.pk} is {row.state} and waits for nothing to be said of a teacher."
        )
    needs = ((row.report or {}).get("asks") or {}).get("needs") or []
    fields: dict[str, str] = {}
    said, on = row.asked.get("card"), row.measured_on
    if card is not None:
        said = _statement(card, fields)
    elif said is None and "card" in needs:
        fields["card"] = "given none, accepted is what the check asks for: net, classes and input."
    if dataset:
        on = _dataset(row, dataset, fields)
    elif on is None:
        fields["dataset"] = (
            "given none, accepted is the name of a dataset with classes: a teacher is measured before it teaches."
        )
    elif on.archived_at is not None:  # since it was given
        fields["dataset"] = f"{on.label} was archived; accepted is a dataset of this project."
    if split not in SPLITS:
        fields["split"] = f"given {shown(split)}, accepted is one of {', '.join(SPLITS)}."
    if fields:
        raise UnableToDecide(" ".join(f"{name}: {text}" for name, text in fields.items()), fields=fields)
    assert on is not None
    row.asked = {**row.asked, **({"card": said} if said else {}), "dataset": on.label, "split": split}
    row.measured_on = on
    return queue_again(row, changed=("asked", "measured_on"))


def _statement(card: dict[str, Any], fields: dict[str, str]) -> dict[str, Any] | None:
    wrong = check_statement(card)
    fields |= wrong
    return None if wrong else TeacherStatement.model_validate(card).model_dump(mode="json")


def _dataset(row: Registration, label: str, fields: dict[str, str]) -> Dataset | None:
    found = find_dataset(row.project, label)
    if found is None or found.archived_at is not None:
        state = "is archived" if found is not None else "is none of this project"
        fields["dataset"] = f"given {shown(label)}, which {state}; accepted is a dataset of this project."
    elif found.task != TASK:
        fields["dataset"] = (
            f"given {shown(label)}, a dataset of task {found.task}; accepted is one with classes."
        )
        return None
    return found
