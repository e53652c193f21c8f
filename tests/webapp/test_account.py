from __future__ import annotations

import re

from django.test import Client

from jobs.models import ApiToken, User
from jobs.operations.tokens import authenticate_token
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


def test_a_new_token_works_and_is_shown_once(viewer: Client, people: dict[str, User]) -> None:
    page = viewer.post("/account/tokens/", {"name": "nightly"}).content.decode()
    secret = re.search(r"mtkd_[\w-]{20,}", page)
    assert secret is not None
    token = authenticate_token(secret[0])
    assert token is not None
    assert token.user == people["viewer"]
    later = viewer.get("/account/tokens/").content.decode()
    assert secret[0] not in later
    assert "nightly" in later


def test_a_revoked_token_works_no_more(viewer: Client, people: dict[str, User]) -> None:
    viewer.post("/account/tokens/", {"name": "nightly"})
    token = ApiToken.objects.get(user=people["viewer"])
    assert viewer.post(f"/account/tokens/{token.pk}/revocation/").status_code == 302
    assert "No tokens yet" in viewer.get("/account/tokens/").content.decode()


def test_a_token_needs_a_name(viewer: Client) -> None:
    answer = viewer.post("/account/tokens/", {"name": ""})
    assert "This field is required." in answer.content.decode()
