"""Pages of webhooks."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from jobs.models import Delivery, Project, User, Webhook

URL = "/projects/moments/webhooks/"
OUT = "https://93.184.215.14/hook"


@pytest.fixture
def admin(people: dict[str, User], project: Project) -> Client:
    client = Client()
    client.force_login(people["admin"])
    return client


@pytest.fixture
def webhook(admin: Client) -> Webhook:
    admin.post(URL, {"url": OUT, "events": ["job.failed"]})
    return Webhook.objects.get()


def page(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def test_a_new_webhook_shows_its_secret_once(admin: Client) -> None:
    shown = admin.post(URL, {"url": OUT, "events": ["job.failed", "gate.failed"]}).content.decode()
    webhook = Webhook.objects.get()
    assert webhook.secret in shown
    assert webhook.events == ["job.failed", "gate.failed"]
    for address in (URL, f"{URL}{webhook.pk}/"):
        assert OUT in page(admin, address)
        assert webhook.secret not in page(admin, address)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"url": "https://127.0.0.1/", "events": ["job.failed"]}, "is not in the public internet"),
        ({"url": OUT}, "accepted are one or more"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(
    admin: Client, webhook: Webhook, given: dict[str, object], said: str
) -> None:
    for address in (URL, f"{URL}{webhook.pk}/"):
        answer = admin.post(address, given)
        assert answer.status_code == 422
        assert said in answer.content.decode()
    assert Webhook.objects.get().events == ["job.failed"]


def test_it_is_changed_turned_off_and_on_rotated_and_deleted(admin: Client, webhook: Webhook) -> None:
    one = f"{URL}{webhook.pk}/"
    admin.post(one, {"url": f"{OUT}/2", "events": ["job.started"]})
    admin.post(f"{one}switch/", {"on": "no"})
    changed = Webhook.objects.get()
    assert (changed.url, changed.events, changed.is_on) == (f"{OUT}/2", ["job.started"], False)
    assert "It is sent nothing." in page(admin, one)
    assert "Send a test message" not in page(admin, one)
    admin.post(f"{one}switch/", {"on": "yes"})
    shown = admin.post(f"{one}rotation/").content.decode()
    rotated = Webhook.objects.get()
    assert rotated.is_on
    assert rotated.previous_secret == webhook.secret != rotated.secret
    assert rotated.secret in shown
    assert webhook.secret not in shown
    admin.post(f"{one}deletion/")
    assert not Webhook.objects.exists()


def test_the_log_shows_what_came_back_as_text_and_sends_again(admin: Client, webhook: Webhook) -> None:
    one = f"{URL}{webhook.pk}/"
    admin.post(f"{one}test/")
    sent = Delivery.objects.get()
    Delivery.objects.update(
        state="failed",
        status=500,
        tries=3,
        answer="<script>alert(1)</script>",
        trouble="It answered 500.",
        ended_at=timezone.now(),
    )
    shown = page(admin, one)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "<script>alert" not in shown
    assert "3 tries, answered 500" in shown
    admin.post(f"{one}deliveries/{sent.pk}/redelivery/")
    assert Delivery.objects.filter(message_id=sent.message_id).count() == 2


def test_a_long_log_is_read_a_page_at_a_time(admin: Client, webhook: Webhook) -> None:
    rows = [
        Delivery(webhook=webhook, message_id=f"msg_{number}", event="test", next_at=timezone.now())
        for number in range(35)
    ]
    Delivery.objects.bulk_create(rows)
    one = f"{URL}{webhook.pk}/"
    first = page(admin, one)
    assert first.count("data-delivery=") == 30
    older = first.split("?before=")[1].split('"')[0]
    assert page(admin, f"{one}?before={older}").count("data-delivery=") == 5


def test_only_an_admin_is_led_there(admin: Client, editor: Client) -> None:
    assert URL in page(admin, "/projects/moments/settings/")
    assert editor.get(URL).status_code == 403
