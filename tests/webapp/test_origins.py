"""Forms and results say what is a paper's and what is our own design, where a paper left that open."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from jobs.models import Job, Project, User
from jobs.operations.groups import submit_group
from jobs.operations.jobs import submit
from mtkd_engine.spec import parse
from mtkd_engine.spec.origins import STAGED, STREAMS, TAUGHT_STREAMS
from tests.classifying import end_classifying, said_with
from tests.seen_as import make_sources, plain

ALL = (STAGED, STREAMS, TAUGHT_STREAMS)


@pytest.fixture(autouse=True)
def _nobody_is_rung(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.operations.jobs.ring", lambda queue: None)


def said_on(client: Client, path: str) -> list[str]:
    page = client.get(path).content.decode()
    return [sentence for sentence in ALL if sentence.replace("&", "&amp;") in page]


def ended(project: Project, user: User, subject: str, *teachers: str, **changes: Any) -> Job:
    job = submit(project=project, user=user, spec=parse(plain(subject, *teachers, **changes)))
    return end_classifying(job, said_with(7))


@pytest.mark.parametrize(
    ("subject", "method", "said"),
    [
        ("streams", "multi_teacher", [STREAMS, TAUGHT_STREAMS]),
        ("streams", "staged", [STAGED, STREAMS, TAUGHT_STREAMS]),
        ("features", "staged", [STAGED]),
        ("clips", "multi_teacher", []),
    ],
)
def test_a_result_says_after_whom_it_is(
    viewer: Client, project: Project, people: dict[str, User], subject: str, method: str, said: list[str]
) -> None:
    make_sources(project, subject)
    epochs = {"optim": {"epochs": 12}}
    job = ended(project, people["editor"], subject, "first", "second", method={"kind": method}, **epochs)
    assert said_on(viewer, f"/jobs/{job.pk}/") == said
    assert said_on(viewer, f"/jobs/{job.pk}/outcome/") == said


def test_a_group_says_it_too(editor: Client, project: Project, people: dict[str, User]) -> None:
    make_sources(project, "streams")
    document = {**plain("streams", "first", "second"), "seeds": [0, 1]}
    group = submit_group(project=project, user=people["editor"], document=document)
    assert said_on(editor, f"/groups/{group.pk}/") == [STREAMS, TAUGHT_STREAMS]


def test_the_form_says_it_where_it_is_chosen(editor: Client, project: Project) -> None:
    make_sources(project, "streams")
    address = "/projects/moments/jobs/new/"
    assert said_on(editor, f"{address}?task=streams") == [STREAMS, TAUGHT_STREAMS]
    shown = editor.get(f"{address}?task=clips").content.decode()
    assert "After arXiv 2307.05201, whose formulas are not public" in shown
    assert said_on(editor, f"{address}?task=clips") == []
