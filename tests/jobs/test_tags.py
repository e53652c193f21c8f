from __future__ import annotations

from typing import Any

import pytest

from jobs.models import ACTIVE, FINAL, Job, State, User
from jobs.operations.errors import UnableToArchive, UnableToDescribe
from jobs.operations.lifecycle import delete_job, retry
from jobs.operations.tags import describe_job, split_tags, tag_job, untag_job


def test_name_tags_and_notes_are_changed_and_the_spec_stays(make_job: Any, user: User) -> None:
    job = make_job("before")
    told = describe_job(
        job=job, user=user, name=" after ", tags=["paper", " nightly", "paper", ""], notes="two\r\nlines "
    )
    assert (told.name, told.tags, told.notes) == ("after", ["nightly", "paper"], "two\nlines")
    assert told.spec["name"] == "before"


def test_what_is_left_out_stays(make_job: Any, user: User) -> None:
    job = make_job("kept", notes="kept", tags=["kept"])
    told = describe_job(job=job, user=user)
    assert (told.name, told.tags, told.notes, told.archived_at) == ("kept", ["kept"], "kept", None)


@pytest.mark.parametrize(
    ("given", "field", "sentence"),
    [
        ({"name": "x" * 121}, "name", "given 121 characters, accepted are at most 120"),
        ({"name": "a\nb"}, "name", "printable"),
        ({"notes": "x" * 10_001}, "notes", "given 10,001 characters"),
        ({"notes": "a\0b"}, "notes", "cannot be stored"),
        ({"notes": "a\ud800"}, "notes", "cannot be stored"),
        ({"tags": ["x" * 41]}, "tags", "accepted are up to 40 printable characters"),
        ({"tags": ["a,b"]}, "tags", "without a comma"),
        ({"tags": [str(number) for number in range(21)]}, "tags", "given 21, accepted are at most 20"),
    ],
)
def test_what_cannot_be_kept_is_refused_at_its_field_and_changes_nothing(
    make_job: Any, user: User, given: dict[str, Any], field: str, sentence: str
) -> None:
    job = make_job("before")
    with pytest.raises(UnableToDescribe) as refusal:
        describe_job(job=job, user=user, **{"name": "after", **given})
    assert sentence in refusal.value.fields[field]
    job.refresh_from_db()
    assert job.name == "before"


def test_tags_come_and_go_one_by_one(make_job: Any, user: User) -> None:
    job = make_job(tags=["b"])
    assert tag_job(job=job, user=user, tags=["c", "a", "b"]).tags == ["a", "b", "c"]
    assert untag_job(job=job, user=user, tags=["b", "z"]).tags == ["a", "c"]
    with pytest.raises(UnableToDescribe, match="tags: given 'a,b'"):
        tag_job(job=job, user=user, tags=["a,b"])
    with pytest.raises(UnableToDescribe, match="accepted are at most 20"):
        tag_job(job=job, user=user, tags=[str(number) for number in range(20)])


def test_tags_in_one_field_have_commas_between() -> None:
    assert split_tags(" b, a ,, a") == ["a", "b"]


@pytest.mark.parametrize("state", FINAL)
def test_an_ended_job_is_archived_and_taken_out_again(make_job: Any, user: User, state: State) -> None:
    job = make_job(state=state)
    first = describe_job(job=job, user=user, archived=True).archived_at
    assert first is not None
    assert describe_job(job=job, user=user, archived=True).archived_at == first
    assert describe_job(job=job, user=user, archived=False).archived_at is None


@pytest.mark.parametrize("state", [*ACTIVE, State.QUEUED, State.PAUSED])
def test_a_job_that_has_not_ended_is_not_archived(make_job: Any, user: User, state: State) -> None:
    with pytest.raises(UnableToArchive, match=f"is {state}; only a job that has ended can be archived"):
        describe_job(job=make_job(state=state), user=user, archived=True)


@pytest.mark.usefixtures("rung")
def test_a_job_that_is_retried_is_archived_no_more(make_job: Any, user: User) -> None:
    job = describe_job(job=make_job(state=State.FAILED), user=user, archived=True)
    assert retry(job=job, user=user).archived_at is None


def test_nothing_is_said_of_a_deleted_job(make_job: Any, user: User) -> None:
    job = make_job(state=State.FAILED)
    delete_job(job=job, user=user)
    with pytest.raises(UnableToArchive, match="was deleted"):
        tag_job(job=job, user=user, tags=["late"])
    assert Job.objects.get(pk=job.pk).tags == []
