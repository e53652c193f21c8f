"""What only a person knows of a teacher that was handed in bare, said when its check asks for it."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from jobs.models import Dataset, Registration, RegistrationKind, RegistrationState, User
from jobs.operations.asking import SPLITS
from jobs.operations.errors import UnableToDecide
from jobs.operations.intake import shown
from jobs.operations.registrations import queue_again
from jobs.operations.statements import TASKS, check_statement, stated, task_of
from jobs.queries.kinds import CLASSIFICATION
from jobs.queries.sources import find_dataset


@transaction.atomic
def complete(
    *,
    registration: Registration,
    user: User,
    card: dict[str, Any] | None,
    dataset: str = "",
    split: str = "val",
) -> Registration:
    """This will say what a model is (`card`, a TeacherStatement or DenseStatement) and what it is measured on.

    Its check goes on then. What was given before stays where nothing is given now; of a dataset of another task it is
    asked anew what the model is. Raises UnableToDecide with a sentence for each field.
    """
    del user  # who may decide is the caller's question
    row = Registration.objects.select_for_update().get(pk=registration.pk)
    if row.state != RegistrationState.WAITING or row.kind != RegistrationKind.TEACHER:
        raise UnableToDecide(
            f"Registration {row.pk} is {row.state} and waits for nothing to be said of a teacher."
        )
    needs = ((row.report or {}).get("asks") or {}).get("needs") or []
    fields: dict[str, str] = {}
    said = row.asked.get("card") if card is None else _statement(card, fields)
    on = _dataset(row, dataset, fields) if dataset else _given_before(row, fields)
    is_other = on is not None and on.task != (row.report or {}).get("task", CLASSIFICATION)
    if card is None and said is None and "card" in needs and not is_other:
        fields["card"] = "given none, accepted is what the check asks for: net, classes and input."
    if card is not None and said and on is not None and task_of(said) != on.task:
        fields["dataset"] = (
            f"given {shown(on.label)} of task {on.task}, accepted is one of task {task_of(said)}."
        )
    if split not in SPLITS:
        fields["split"] = f"given {shown(split)}, accepted is one of {', '.join(SPLITS)}."
    if fields:
        raise UnableToDecide(" ".join(f"{name}: {text}" for name, text in fields.items()), fields=fields)
    assert on is not None
    row.asked = {**row.asked, **({"card": said} if said else {}), "dataset": on.label, "split": split}
    row.measured_on = on
    return queue_again(row, changed=("asked", "measured_on"))


def _given_before(row: Registration, fields: dict[str, str]) -> Dataset | None:
    on = row.measured_on
    if on is None:
        fields["dataset"] = (
            "given none, accepted is the name of a dataset whose task it has: a teacher is measured before it teaches."
        )
    elif on.archived_at is not None:  # since it was given
        fields["dataset"] = f"{on.label} was archived; accepted is a dataset of this project."
    return on


def _statement(card: dict[str, Any], fields: dict[str, str]) -> dict[str, Any] | None:
    wrong = check_statement(card)
    fields |= wrong
    return None if wrong else stated(card)


def _dataset(row: Registration, label: str, fields: dict[str, str]) -> Dataset | None:
    found = find_dataset(row.project, label)
    if found is None or found.archived_at is not None:
        state = "is archived" if found is not None else "is none of this project"
        fields["dataset"] = f"given {shown(label)}, which {state}; accepted is a dataset of this project."
    elif found.task not in TASKS:
        fields["dataset"] = (
            f"given {shown(label)}, a dataset of task {found.task}; accepted is one of {', '.join(TASKS)}."
        )
        return None
    return found
