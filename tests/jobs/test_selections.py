from __future__ import annotations

from pathlib import Path

import pytest

from jobs.attempt.preparing import prepare
from jobs.models import Dataset, Job, Project, Selection, State, User
from jobs.operations.claims import claim
from jobs.operations.errors import UnableToDelete, UnableToRetry, UnableToSelect, UnableToSubmit
from jobs.operations.jobs import submit
from jobs.operations.lifecycle import retry
from jobs.operations.selections import create_selection, delete_selection
from jobs.queries.selections import list_selections
from mtkd_engine.data.selections import read_selection
from mtkd_engine.sources import Sources
from mtkd_engine.spec import parse
from tests.sealed_double import keep_sealed, sample_row, write_sealed

ROWS = [sample_row(number) for number in range(40)]


@pytest.fixture
def sealed(project: Project, tmp_path: Path) -> Dataset:
    return keep_sealed(project, write_sealed(tmp_path / "sealed", ROWS), ROWS)


@pytest.fixture
def hard(sealed: Dataset, user: User) -> Selection:
    return create_selection(dataset=sealed, user=user, name=" hard ones ", ids=["v1#0", "v2#1", "v1#0"])


def submitted(project: Project, user: User, **data: object) -> Job:
    raw = {"data": {"dataset": "sealed", **data}}
    return submit(project=project, user=user, spec=parse(raw))


def test_a_selection_keeps_ids_once_each_in_their_order(hard: Selection, project: Project) -> None:
    assert (hard.name, hard.count, hard.text) == ("hard ones", 2, "v1#0\nv2#1\n")
    listed = list_selections(project=project).get()
    assert (listed.pk, listed.used) == (hard.pk, 0)
    assert "packed" in listed.get_deferred_fields()


@pytest.mark.parametrize(
    ("name", "ids", "field", "told"),
    [
        ("", ["v1#0"], "name", "accepted are 1 to 120"),
        ("x" * 121, ["v1#0"], "name", "121 characters"),
        ("two\nlines", ["v1#0"], "name", "printable"),
        ("hard ones", ["v1#0"], "name", "has already"),
        ("new", [], "samples", "given 0"),
        ("new", ["v1#0", "nobody"], "samples", "1 of 2 are none of 'sealed', the first is 'nobody'"),
        ("new", ["a\nb"], "samples", "on one line"),
    ],
)
def test_what_is_no_selection_is_refused(
    hard: Selection, user: User, name: str, ids: list[str], field: str, told: str
) -> None:
    with pytest.raises(UnableToSelect, match=told) as refusal:
        create_selection(dataset=hard.dataset, user=user, name=name, ids=ids)
    assert list(refusal.value.fields) == [field]
    assert Selection.objects.count() == 1


def test_no_selection_has_too_many_samples(
    sealed: Dataset, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.operations.selections.MOST_SAMPLES", 1)
    with pytest.raises(UnableToSelect, match="given 2, accepted are 1 to 1"):
        create_selection(dataset=sealed, user=user, name="new", ids=["v1#0", "v1#1"])


def test_a_dataset_sealed_without_samples_is_taken_at_its_word(dataset: Dataset, user: User) -> None:
    assert create_selection(dataset=dataset, user=user, name="new", ids=["whatever"]).count == 1


def test_a_job_names_selections_of_its_own_dataset_only(
    hard: Selection, project: Project, user: User, dataset: Dataset
) -> None:
    job = submitted(project, user, leave_out=["hard ones"])
    assert list(job.selections.all()) == [hard]
    with pytest.raises(UnableToSubmit) as refusal:
        submitted(project, user, leave_out=["hard ones", "other"], test_on="another")
    assert set(refusal.value.fields) == {"data.leave_out.1", "data.test_on"}
    assert "accepted is a selection of 'sealed': hard ones." in refusal.value.fields["data.test_on"]
    with pytest.raises(UnableToSubmit, match="'world' has no selection yet"):
        submitted(project, user, dataset="world", test_on="hard ones")


def test_the_engine_gets_a_selection_as_a_file(hard: Selection, project: Project, user: User) -> None:
    submitted(project, user, test_on="hard ones")
    held = claim(queue="cpu", worker="w", threads=1, device="cpu")
    assert held is not None
    prepare(held)
    found = Sources.from_file(held.folder / "places.json")
    assert read_selection(found.selection("hard ones"), name="hard ones").ids == ("v1#0", "v2#1")


def test_a_selection_stays_while_a_job_waits_for_it(hard: Selection, project: Project, user: User) -> None:
    job = submitted(project, user, leave_out=["hard ones"])
    with pytest.raises(UnableToDelete, match=f"'hard ones' is needed: job {job.pk} is queued"):
        delete_selection(selection=hard, user=user)
    Job.objects.filter(pk=job.pk).update(state=State.FAILED)
    delete_selection(selection=hard, user=user)
    delete_selection(selection=hard, user=user)
    assert not Selection.objects.exists()
    with pytest.raises(UnableToRetry, match="needs the selection 'hard ones', which was deleted"):
        retry(job=job, user=user)


def test_another_selection_of_the_name_is_not_the_one_a_job_was_submitted_with(
    hard: Selection, project: Project, user: User
) -> None:
    job = submitted(project, user, leave_out=["hard ones"])
    Job.objects.filter(pk=job.pk).update(state=State.CANCELLED)
    delete_selection(selection=hard, user=user)
    create_selection(dataset=hard.dataset, user=user, name="hard ones", ids=["v3#0"])
    with pytest.raises(UnableToRetry, match="was deleted"):
        retry(job=job, user=user)
