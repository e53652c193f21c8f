"""Who waits for news is told none when they may not read it any more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from jobs.models import Membership, Project, State, User
from jobs.operations.projects import create_project
from jobs.operations.tokens import create_token
from jobs.queries import looks
from tests.webapp.conftest import MakeJob
from webapp.api import jobs as views

Ends = Callable[[User], Any]
ENDS: dict[str, tuple[Ends, int]] = {
    "the token is revoked": (lambda user: user.tokens.update(revoked_at=timezone.now()), 401),
    "the token expires": (lambda user: user.tokens.update(expires_at=timezone.now()), 401),
    "the account is closed": (lambda user: User.objects.filter(pk=user.pk).update(is_active=False), 401),
    "the member goes": (lambda user: Membership.objects.filter(user=user).delete(), 404),
    "the token's project is another": (
        lambda user: user.tokens.update(project=create_project(name="Other", user=user)),
        404,
    ),
}


@pytest.mark.parametrize("ends", ENDS)
def test_a_long_poll_ends_with_the_right_to_read(
    ends: str,
    project: Project,
    people: dict[str, User],
    make_job: MakeJob,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job = make_job(state=State.SUCCEEDED)
    end, expected = ENDS[ends]
    _, secret = create_token(user=people["viewer"], name="t")
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")

    def look(job_id: int) -> tuple[bool, object]:
        end(people["viewer"])
        return looks.look_at_job(job_id)

    monkeypatch.setattr(views, "look_at_job", look)
    assert client.get(f"/api/v1/jobs/{job.pk}/?wait=5").status_code == expected


def test_a_session_that_was_ended_is_told_no_more(
    project: Project, people: dict[str, User], make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = make_job(state=State.SUCCEEDED)
    client = APIClient()
    client.force_login(people["viewer"])

    def look(job_id: int) -> tuple[bool, object]:
        people["viewer"].set_password("another correct horse")
        people["viewer"].save(update_fields=["password"])
        return looks.look_at_job(job_id)

    monkeypatch.setattr(views, "look_at_job", look)
    assert client.get(f"/api/v1/jobs/{job.pk}/?wait=5").status_code in {401, 403}
    assert client.get(f"/api/v1/jobs/{job.pk}/").status_code in {401, 403}
