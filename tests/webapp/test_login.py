from __future__ import annotations

import pytest
from django.test import Client

from jobs.models import User
from tests.webapp.conftest import PASSWORD
from webapp.throttle import MOST_FAILURES

pytestmark = pytest.mark.usefixtures("people")


def enter(client: Client, password: str = PASSWORD, **more: str) -> int:
    answer = client.post("/login/", {"username": "viewer", "password": password, **more})
    return answer.status_code


def test_the_right_password_leads_to_where_one_wanted_to_go() -> None:
    client = Client()
    asked = client.get("/account/tokens/")
    assert asked["Location"] == "/login/?next=/account/tokens/"
    answer = client.post("/login/", {"username": "viewer", "password": PASSWORD, "next": "/account/tokens/"})
    assert answer["Location"] == "/account/tokens/"


def test_a_wrong_password_is_refused_with_a_sentence() -> None:
    answer = Client().post("/login/", {"username": "viewer", "password": "wrong"})
    assert "do not belong together" in answer.content.decode()


def test_another_site_is_never_the_goal() -> None:
    answer = Client().post(
        "/login/", {"username": "viewer", "password": PASSWORD, "next": "https://evil.example/"}
    )
    assert answer["Location"] == "/"


def test_guessing_is_stopped_even_with_the_right_password() -> None:
    client = Client()
    for _ in range(MOST_FAILURES):
        assert enter(client, "wrong") == 200
    assert enter(client) == 429


def test_a_login_that_worked_clears_the_count() -> None:
    client = Client()
    for _ in range(MOST_FAILURES - 1):
        enter(client, "wrong")
    assert enter(client) == 302
    client.logout()
    assert enter(client, "wrong") == 200


def test_a_closed_account_cannot_log_in() -> None:
    User.objects.filter(username="viewer").update(is_active=False)
    assert enter(Client()) == 200


def test_logging_out_ends_the_session() -> None:
    client = Client()
    enter(client)
    assert client.post("/logout/")["Location"] == "/login/"
    assert client.get("/").status_code == 302


def test_a_form_without_its_token_is_refused_with_a_sentence() -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/login/", {"username": "viewer", "password": PASSWORD})
    assert answer.status_code == 403
    assert "reload" in answer.content.decode()
