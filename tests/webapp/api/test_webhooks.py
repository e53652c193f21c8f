"""Webhooks over REST."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from jobs.models import Delivery, Project, User, Webhook
from jobs.operations.webhooks import EVENTS

URL = "/api/v1/projects/moments/webhooks/"
OUT = "https://93.184.215.14/hook"


@pytest.fixture
def admin(people: dict[str, User], project: Project) -> APIClient:
    client = APIClient()
    client.force_authenticate(people["admin"])
    return client


@pytest.fixture
def made(admin: APIClient) -> dict[str, Any]:
    answer = admin.post(URL, {"url": OUT, "events": ["job.failed"]}, format="json")
    assert answer.status_code == 201
    found: dict[str, Any] = answer.json()
    return found


def test_a_webhook_is_made_read_changed_and_deleted(admin: APIClient, made: dict[str, Any]) -> None:
    secret = made.pop("secret")
    assert secret.startswith("whsec_")
    assert (made["url"], made["events"], made["is_on"]) == (OUT, ["job.failed"], True)
    one = f"{URL}{made['id']}/"
    assert admin.get(one).json() == made
    assert admin.get(URL).json() == [made]
    answer = admin.patch(one, {"is_on": False, "events": ["job.failed", "gate.failed"]}, format="json").json()
    assert (answer["is_on"], answer["events"]) == (False, ["job.failed", "gate.failed"])
    assert "secret" not in answer
    assert admin.delete(one).status_code == 204
    assert admin.get(one).status_code == 404


def test_without_events_it_is_told_of_all(admin: APIClient) -> None:
    assert admin.post(URL, {"url": OUT}, format="json").json()["events"] == [str(said) for said in EVENTS]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"url": "https://[::ffff:169.254.169.254]/"}, "url"),
        ({"url": "http://93.184.215.14/"}, "url"),
        ({"url": ""}, "url"),
        ({}, "url"),
        ({"url": OUT, "events": []}, "events"),
        ({"url": OUT, "events": ["job.exploded"]}, "events.0"),
        ({"url": OUT, "secret": "whsec_mine"}, "secret"),
    ],
)
def test_what_cannot_be_is_refused_by_field(admin: APIClient, asked: dict[str, Any], field: str) -> None:
    answer = admin.post(URL, asked, format="json")
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == [field]
    assert not Webhook.objects.exists()


def test_a_rotated_secret_is_another_and_the_old_one_is_good_for_a_while(
    admin: APIClient, made: dict[str, Any]
) -> None:
    answer = admin.post(f"{URL}{made['id']}/rotation/").json()
    assert answer["secret"] != made["secret"]
    assert answer["rotating_until"] is not None
    assert Webhook.objects.get().previous_secret == made["secret"]


def test_messages_are_listed_page_by_page_and_sent_again(admin: APIClient, made: dict[str, Any]) -> None:
    one = f"{URL}{made['id']}/"
    sent = [admin.post(f"{one}test/").json() for _ in range(3)]
    assert sent[0]["state"] == "waiting"
    again = f"{one}deliveries/{sent[0]['id']}/redelivery/"
    assert admin.post(again).status_code == 409
    Delivery.objects.filter(pk=sent[0]["id"]).update(state="delivered", status=200)
    answer = admin.post(again)
    assert (answer.status_code, answer.json()["message_id"]) == (201, sent[0]["message_id"])
    page = admin.get(f"{one}deliveries/?limit=2")
    assert [row["id"] for row in page.json()] == [answer.json()["id"], sent[2]["id"]]
    rest = admin.get(page["Link"].split(">")[0].removeprefix("<"))
    assert [row["id"] for row in rest.json()] == [sent[1]["id"], sent[0]["id"]]
    assert "Link" not in rest
    done = admin.get(f"{one}deliveries/?state=delivered").json()
    assert [(row["id"], row["next_at"]) for row in done] == [(sent[0]["id"], None)]
    assert admin.get(f"{one}deliveries/?state=lost").status_code == 400


def test_what_is_off_is_sent_no_test(admin: APIClient, made: dict[str, Any]) -> None:
    admin.patch(f"{URL}{made['id']}/", {"is_on": False}, format="json")
    answer = admin.post(f"{URL}{made['id']}/test/")
    assert (answer.status_code, answer.json()["detail"]) == (409, "The webhook is off; turn it on first.")


def test_a_webhook_of_another_project_is_not_there(
    admin: APIClient, made: dict[str, Any], people: dict[str, User]
) -> None:
    other = Project.objects.create(name="Other", slug="other")
    other.memberships.create(user=people["admin"], role="admin")
    strange = f"/api/v1/projects/other/webhooks/{made['id']}/"
    assert admin.get(strange).status_code == 404
    assert admin.post(f"{strange}test/").status_code == 404
    assert admin.get(f"{strange}deliveries/").status_code == 404
