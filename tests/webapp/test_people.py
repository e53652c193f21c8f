"""Pages about people: members of a project, and everybody who has an account."""

from __future__ import annotations

import html
import re

import pytest
from django.contrib.auth import authenticate
from django.test import Client

from jobs.models import Membership, Project, User

MEMBERS = "/projects/moments/members/"


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(client: Client, address: str) -> str:
    return html.unescape(client.get(address).content.decode())


@pytest.fixture
def admin(people: dict[str, User], project: Project) -> Client:
    return client_of(people["admin"])


@pytest.fixture
def operator(db: None) -> Client:
    return client_of(User.objects.create_superuser(username="root"))


def test_an_admin_takes_somebody_in_changes_their_role_and_takes_them_out(
    admin: Client, people: dict[str, User]
) -> None:
    admin.post(MEMBERS, {"username": "outsider", "role": "viewer"})
    assert client_of(people["outsider"]).get("/projects/moments/").status_code == 200
    admin.post(MEMBERS + "outsider/role/", {"role": "editor"})
    assert Membership.objects.get(user=people["outsider"]).role == "editor"
    admin.post(MEMBERS + "outsider/removal/")
    assert client_of(people["outsider"]).get("/projects/moments/").status_code == 404


def test_who_cannot_be_taken_in_is_refused_at_the_field(admin: Client) -> None:
    answer = admin.post(MEMBERS, {"username": "nobody", "role": "viewer"})
    assert answer.status_code == 422
    assert 'id="id_username-error"' in answer.content.decode()


def test_the_only_admin_is_told_why_they_stay(admin: Client) -> None:
    admin.post(MEMBERS + "admin/removal/")
    assert "admin is the only admin of Moments" in text_of(admin, MEMBERS)
    admin.post(MEMBERS + "admin/role/", {"role": "viewer"})
    assert "make another one first" in text_of(admin, MEMBERS)


def test_an_admin_who_leaves_is_sent_home(admin: Client) -> None:
    admin.post(MEMBERS + "editor/role/", {"role": "admin"})
    assert admin.post(MEMBERS + "admin/removal/")["Location"] == "/"


def test_members_see_each_other_and_only_admins_are_shown_how_to_change_that(
    admin: Client, viewer: Client
) -> None:
    assert MEMBERS in text_of(viewer, "/projects/moments/")
    page = text_of(viewer, MEMBERS)
    assert "editor" in page
    assert "/removal/" not in page
    assert "/removal/" in text_of(admin, MEMBERS)


def test_a_superuser_opens_an_account_whose_password_is_shown_once(operator: Client) -> None:
    page = operator.post("/people/", {"username": "eve"}).content.decode()
    found = re.search(r"<code data-copy>([^<]+)</code>", page)
    assert found is not None
    assert authenticate(username="eve", password=found[1]) is not None
    assert found[1] not in text_of(operator, "/people/")


def test_a_superuser_gives_a_new_password(operator: Client, people: dict[str, User]) -> None:
    page = operator.post("/people/viewer/change/", {"wish": "password"}).content.decode()
    found = re.search(r"<code data-copy>([^<]+)</code>", page)
    assert found is not None
    assert authenticate(username="viewer", password=found[1]) == people["viewer"]


def test_an_account_is_closed_opened_raised_and_lowered(operator: Client, people: dict[str, User]) -> None:
    states = []
    for wish in ("close", "open", "raise", "lower"):
        operator.post("/people/viewer/change/", {"wish": wish})
        person = User.objects.get(username="viewer")
        states.append((person.is_active, person.is_superuser))
    assert states == [(False, False), (True, False), (True, True), (True, False)]
    assert operator.post("/people/nobody/change/", {"wish": "close"}).status_code == 404


def test_a_closed_account_loses_its_sessions(operator: Client, viewer: Client) -> None:
    operator.post("/people/viewer/change/", {"wish": "close"})
    assert "/login/" in viewer.get("/")["Location"]


def test_the_only_superuser_is_told_why_they_stay(operator: Client) -> None:
    operator.post("/people/root/change/", {"wish": "close"})
    assert "root is the only superuser" in text_of(operator, "/people/")


def test_only_superusers_are_led_to_people(operator: Client, viewer: Client) -> None:
    assert 'href="/people/"' in text_of(operator, "/")
    assert 'href="/people/"' not in text_of(viewer, "/")
    assert viewer.get("/people/").status_code == 403


def test_a_name_that_is_taken_is_refused_at_the_field(operator: Client) -> None:
    answer = operator.post("/people/", {"username": "Root"})
    assert answer.status_code == 422
    assert "exists already" in answer.content.decode()
