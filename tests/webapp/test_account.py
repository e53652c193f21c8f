from __future__ import annotations

import re
from datetime import timedelta

from django.test import Client
from django.utils import timezone

from jobs.models import ApiToken, User
from jobs.operations.projects import create_project
from jobs.operations.tokens import authenticate_token, create_token
from tests.webapp.conftest import PASSWORD

NEW = "battery staple correct"


def test_the_own_password_can_be_changed_and_the_session_stays(viewer: Client) -> None:
    posted = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert viewer.post("/account/password/", posted)["Location"] == "/"
    assert User.objects.get(username="viewer").check_password(NEW)
    assert viewer.get("/").status_code == 200


def test_a_password_that_is_too_common_is_refused(viewer: Client) -> None:
    posted = {"old_password": PASSWORD, "new_password1": "password", "new_password2": "password"}
    answer = viewer.post("/account/password/", posted)
    assert "too common" in answer.content.decode()
    assert User.objects.get(username="viewer").check_password(PASSWORD)


def secret_on(page: str) -> str:
    found = re.search(r"mtkd_[\w-]{20,}", page)
    assert found is not None
    return found[0]


def test_a_new_token_works_and_is_shown_once(viewer: Client, people: dict[str, User]) -> None:
    asked = {"name": "nightly", "scopes": ["jobs:read", "sources:read"], "days": "30"}
    secret = secret_on(viewer.post("/account/tokens/", asked).content.decode())
    token = authenticate_token(secret)
    assert token is not None
    assert (token.user, token.scopes) == (people["viewer"], ["jobs:read", "sources:read"])
    assert token.expires_at is not None
    later = viewer.get("/account/tokens/").content.decode()
    assert secret not in later
    assert "jobs:read, sources:read" in later


def test_a_token_can_be_bound_to_a_project_of_the_asker_and_no_other(
    viewer: Client, people: dict[str, User]
) -> None:
    create_project(name="Elsewhere", user=people["outsider"])
    assert "Elsewhere" not in viewer.get("/account/tokens/").content.decode()
    asked = {"name": "nightly", "scopes": ["jobs:read"], "project": "moments"}
    token = authenticate_token(secret_on(viewer.post("/account/tokens/", asked).content.decode()))
    assert token is not None
    assert token.project is not None
    assert (token.project.slug, token.expires_at) == ("moments", None)
    assert viewer.post("/account/tokens/", {**asked, "project": "elsewhere"}).status_code == 422


def test_a_revoked_token_works_no_more(viewer: Client, people: dict[str, User]) -> None:
    token, _ = create_token(user=people["viewer"], name="nightly")
    assert viewer.post(f"/account/tokens/{token.pk}/revocation/").status_code == 302
    assert "No tokens yet" in viewer.get("/account/tokens/").content.decode()


def test_a_token_that_has_expired_is_listed_as_such(viewer: Client, people: dict[str, User]) -> None:
    token, _ = create_token(user=people["viewer"], name="nightly")
    ApiToken.objects.filter(pk=token.pk).update(expires_at=timezone.now() - timedelta(days=1))
    assert "expired" in viewer.get("/account/tokens/").content.decode()


def test_a_token_needs_a_name_and_a_scope(viewer: Client) -> None:
    answer = viewer.post("/account/tokens/", {"name": "", "scopes": []})
    assert answer.status_code == 422
    assert "This field is required." in answer.content.decode()
    assert "Choose at least one." in answer.content.decode()
