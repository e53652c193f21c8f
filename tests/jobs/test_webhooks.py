"""Webhooks: what they are told, how it is signed, and what becomes of messages that nobody takes."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings
from standardwebhooks.webhooks import Webhook as Verifier

from jobs.courier import Courier
from jobs.models import Delivery, Group, Job, Project, State, User, Webhook
from jobs.operations import deliveries
from jobs.operations.claims import Claim
from jobs.operations.deliveries import deliver_again, deliver_test, note, sweep_deliveries, take_due
from jobs.operations.endings import fail
from jobs.operations.errors import UnableToChange, UnableToDeliver
from jobs.operations.groups import cancel_group
from jobs.operations.jobs import request_cancel
from jobs.operations.webhook_settings import (
    MOST_WEBHOOKS,
    change_webhook,
    create_webhook,
    delete_webhook,
    rotate_secret,
)
from jobs.operations.webhooks import EVENTS
from jobs.outgoing.sending import Answer
from tests.jobs.conftest import MakeJob, WaitFor
from tests.jobs.receiver import Receiver, receiving

pytestmark = pytest.mark.django_db
EXACT = "https://93.184.215.14/hook"


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    settings.WEBHOOK_PRIVATE = (ip_network("127.0.0.0/8"),)
    with receiving() as one:
        yield one


@pytest.fixture
def webhook(project: Project, user: User, receiver: Receiver) -> Webhook:
    return create_webhook(project=project, user=user, url=receiver.url)[0]


def send() -> int:
    return Courier().beat()


def make_due(delivery: Delivery | None = None) -> None:
    rows = (
        Delivery.objects.filter(state="waiting")
        if delivery is None
        else Delivery.objects.filter(pk=delivery.pk)
    )
    rows.update(next_at=timezone.now() - timedelta(seconds=1))


def told() -> list[str]:
    return list(Delivery.objects.order_by("pk").values_list("event", flat=True))


def bodies() -> list[dict[str, Any]]:
    return [json.loads(row.body) for row in Delivery.objects.order_by("pk")]


# What is told


def test_the_life_of_a_job_is_told_in_the_transactions_in_which_it_happens(
    webhook: Webhook, make_job: MakeJob, take: Callable[[], Claim]
) -> None:
    job = make_job()
    assert told() == []
    claim = take()
    assert told() == ["job.started"]
    fail(claim=claim, cause="engine", sentence="It broke.")
    assert told() == ["job.started", "job.failed"]
    said = bodies()[1]
    assert said["type"] == "job.failed"
    assert said["timestamp"].endswith("Z")
    about = said["data"]["job"]
    assert (about["id"], about["project"], about["state"]) == (job.pk, "moments", "failed")
    assert (about["failure_cause"], about["failure"]) == ("engine", "It broke.")


def test_a_second_attempt_is_no_second_start(
    webhook: Webhook, make_job: MakeJob, take: Callable[[], Claim]
) -> None:
    job = make_job()
    take()
    Job.objects.filter(pk=job.pk).update(state=State.QUEUED)
    take()
    assert told() == ["job.started"]


def test_only_what_a_webhook_asked_for_is_told_and_only_of_its_project(
    project: Project, user: User, receiver: Receiver, make_job: MakeJob
) -> None:
    other = Project.objects.create(name="Other", slug="other")
    create_webhook(project=project, user=user, url=receiver.url, events=["job.failed"])
    create_webhook(project=other, user=user, url=receiver.url)
    off = create_webhook(project=project, user=user, url=receiver.url)[0]
    change_webhook(webhook=off, user=user, is_on=False)
    request_cancel(job=make_job(), user=user)
    assert told() == []
    create_webhook(project=project, user=user, url=receiver.url, events=["job.cancelled"])
    request_cancel(job=make_job(), user=user)
    assert told() == ["job.cancelled"]


def test_a_group_has_ended_once_when_its_last_job_has(
    webhook: Webhook, make_job: MakeJob, project: Project, user: User
) -> None:
    change_webhook(webhook=webhook, user=user, events=["group.ended"])
    group = Group.objects.create(project=project, name="study", document={})
    for _ in range(2):
        make_job(group=group)
    first = Job.objects.filter(group=group).earliest("pk")
    request_cancel(job=first, user=user)
    assert told() == []
    cancel_group(group=group, user=user)
    assert told() == ["group.ended"]
    assert bodies()[0]["data"]["group"]["jobs"] == {"cancelled": 2}


# How it is sent


def test_a_receiver_verifies_messages_with_the_library_of_the_standard(
    webhook: Webhook, user: User, receiver: Receiver
) -> None:
    deliver_test(webhook=webhook, user=user)
    assert send() == 1
    path, headers, body = receiver.got[0]
    said = Verifier(webhook.secret).verify(body, headers)
    assert said["type"] == "test"
    assert said["data"] == {"project": "moments", "sent_by": "ada"}
    assert path == "/hook?of=mtkd"
    assert headers["host"] == f"127.0.0.1:{receiver.port}"
    assert headers["content-type"] == "application/json"
    with pytest.raises(Exception, match="No matching signature found"):
        Verifier(webhook.secret).verify(body.replace(b"ada", b"eve"), headers)
    row = Delivery.objects.get()
    assert (row.state, row.status, row.tries) == ("delivered", 204, 1)
    assert row.ended_at is not None


def test_while_a_secret_is_rotated_both_verify_and_afterwards_only_the_new_one(
    webhook: Webhook, user: User, receiver: Receiver
) -> None:
    old = webhook.secret
    _, new = rotate_secret(webhook=webhook, user=user)
    deliver_test(webhook=webhook, user=user)
    send()
    for secret in (old, new):
        assert Verifier(secret).verify(receiver.got[0][2], receiver.got[0][1])["type"] == "test"
    Webhook.objects.update(previous_until=timezone.now() - timedelta(seconds=1))
    deliver_test(webhook=webhook, user=user)
    send()
    assert Verifier(new).verify(receiver.got[1][2], receiver.got[1][1])["type"] == "test"
    with pytest.raises(Exception, match="No matching signature found"):
        Verifier(old).verify(receiver.got[1][2], receiver.got[1][1])


def test_letters_of_all_the_world_are_signed_as_they_are_sent(
    webhook: Webhook, make_job: MakeJob, user: User, receiver: Receiver
) -> None:
    job = make_job()
    Job.objects.filter(pk=job.pk).update(name="bücher 書 \u2028 </script>")
    request_cancel(job=job, user=user)
    send()
    said = Verifier(webhook.secret).verify(receiver.got[0][2], receiver.got[0][1])
    assert said["data"]["job"]["name"] == "bücher 書 \u2028 </script>"


# What becomes of it


@pytest.mark.parametrize("status", [301, 307, 400, 404, 429, 500, 503])
def test_whatever_is_no_success_is_tried_again_later_and_redirects_are_not_followed(
    webhook: Webhook, user: User, receiver: Receiver, status: int
) -> None:
    receiver.status, receiver.answer = status, b"no \x00 \xff" + b"x" * 5000
    receiver.headers = {"Location": f"http://127.0.0.1:{receiver.port}/elsewhere"}
    delivery = deliver_test(webhook=webhook, user=user)
    send()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.status, delivery.tries) == ("waiting", status, 1)
    assert str(status) in delivery.trouble
    assert 1000 <= len(delivery.answer) <= 1024
    assert delivery.next_at > timezone.now() + timedelta(seconds=2)
    assert send() == 0
    assert len(receiver.got) == 1
    receiver.status = 200
    make_due()
    send()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.tries, delivery.trouble) == ("delivered", 2, "")
    first, second = (headers["webhook-id"] for _, headers, _ in receiver.got)
    assert first == second == delivery.message_id


def test_the_waits_grow_and_differ_and_a_day_is_the_end(
    webhook: Webhook, user: User, receiver: Receiver
) -> None:
    waits = [[deliveries.wait_after(tries) for _ in range(50)] for tries in (1, 2, 5, 30)]
    for found, middle in zip(waits, (5, 15, 405, 6 * 3600), strict=True):
        assert middle * 0.75 <= min(found) < max(found) <= middle * 1.25
    receiver.status = 500
    delivery = deliver_test(webhook=webhook, user=user)
    Delivery.objects.update(created_at=timezone.now() - timedelta(hours=23, minutes=59), tries=12)
    send()
    delivery.refresh_from_db()
    assert delivery.state == "waiting"
    assert delivery.next_at <= delivery.created_at + timedelta(hours=24)  # one last try at the end
    Delivery.objects.update(created_at=timezone.now() - timedelta(hours=24, seconds=1))
    make_due()
    send()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.tries) == ("failed", 14)


def test_gone_turns_a_webhook_off_and_says_why(webhook: Webhook, user: User, receiver: Receiver) -> None:
    receiver.status = 410
    for _ in range(6):
        deliver_test(webhook=webhook, user=user)
    send()
    webhook.refresh_from_db()
    assert not webhook.is_on
    assert webhook.off_reason == "It answered 410 Gone: it wants no more messages."
    assert set(Delivery.objects.values_list("state", flat=True)) == {"failed"}
    assert len(receiver.got) < 6
    with pytest.raises(UnableToDeliver, match="turn it on first"):
        deliver_test(webhook=webhook, user=user)
    assert change_webhook(webhook=webhook, user=user, is_on=True).off_reason == ""
    assert deliver_test(webhook=webhook, user=user).state == "waiting"


def test_an_address_that_has_become_private_gets_nothing(
    webhook: Webhook, user: User, receiver: Receiver, settings: Settings
) -> None:
    settings.WEBHOOK_PRIVATE = ()
    delivery = deliver_test(webhook=webhook, user=user)
    send()
    delivery.refresh_from_db()
    assert receiver.got == []
    assert delivery.state == "waiting"
    assert delivery.trouble.startswith("Nothing was sent: the host 127.0.0.1 is not in the public internet")


def test_a_port_where_nobody_listens_is_trouble_in_a_sentence(webhook: Webhook, user: User) -> None:
    Webhook.objects.update(url="http://127.0.0.1:1/")
    delivery = deliver_test(webhook=webhook, user=user)
    send()
    delivery.refresh_from_db()
    assert delivery.status is None
    assert delivery.trouble.startswith("It could not be reached (ConnectError")


def test_a_receiver_that_never_answers_is_left_in_time(
    webhook: Webhook, user: User, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.outgoing.sending.SECONDS", 0.2)
    receiver.hold = threading.Event()
    delivery = deliver_test(webhook=webhook, user=user)
    send()
    delivery.refresh_from_db()
    assert delivery.trouble == "It did not answer within 0.2 seconds."


def test_a_worker_that_dies_with_a_message_delays_it_and_what_it_notes_later_counts_for_nothing(
    webhook: Webhook, user: User, receiver: Receiver
) -> None:
    delivery = deliver_test(webhook=webhook, user=user)
    (lost,) = take_due()
    assert take_due() == []
    make_due()
    assert send() == 1
    note(taken=lost, answer=Answer(status=500))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.status, delivery.tries) == ("delivered", 204, 2)


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_send_one_message_at_the_same_time(
    webhook: Webhook, user: User, receiver: Receiver, meanwhile: Any, wait_for: WaitFor
) -> None:
    for _ in range(4):
        deliver_test(webhook=webhook, user=user)
    receiver.hold = threading.Event()
    for _ in range(3):
        meanwhile(send)
    wait_for(lambda: len(receiver.got) == 4)
    receiver.hold.set()
    wait_for(lambda: Delivery.objects.filter(state="delivered").count() == 4)
    assert len({headers["webhook-id"] for _, headers, _ in receiver.got}) == len(receiver.got) == 4


def test_a_webhook_with_much_to_send_does_not_keep_others_waiting(
    webhook: Webhook, project: Project, user: User, receiver: Receiver
) -> None:
    for _ in range(30):
        deliver_test(webhook=webhook, user=user)
    other = create_webhook(project=project, user=user, url=receiver.url)[0]
    deliver_test(webhook=other, user=user)
    assert other.pk in {one.webhook_id for one in take_due()}


def test_a_message_is_sent_again_under_its_own_id(webhook: Webhook, user: User, receiver: Receiver) -> None:
    delivery = deliver_test(webhook=webhook, user=user)
    with pytest.raises(UnableToDeliver, match="on its way already"):
        deliver_again(delivery=delivery, user=user)
    send()
    again = deliver_again(delivery=delivery, user=user)
    assert again.pk != delivery.pk
    send()
    (_, one, body), (_, two, same) = receiver.got
    assert (one["webhook-id"], body) == (two["webhook-id"], same)


def test_messages_are_kept_for_thirty_days(webhook: Webhook, user: User, receiver: Receiver) -> None:
    old, waiting, young = (deliver_test(webhook=webhook, user=user) for _ in range(3))
    Delivery.objects.filter(pk__in=[old.pk, young.pk]).update(state="delivered")
    Delivery.objects.filter(pk__in=[old.pk, waiting.pk]).update(
        created_at=timezone.now() - timedelta(days=31)
    )
    assert sweep_deliveries() == 1
    assert set(Delivery.objects.values_list("pk", flat=True)) == {waiting.pk, young.pk}


# How it is set


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"url": "https://127.0.0.1/"}, "url"),
        ({"url": "http://93.184.215.14/"}, "url"),
        ({"url": "nowhere"}, "url"),
        ({"url": EXACT, "events": []}, "events"),
        ({"url": EXACT, "events": ["job.exploded"]}, "events"),
        ({"url": EXACT, "events": ["test"]}, "events"),
    ],
)
def test_what_cannot_be_a_webhook_is_refused_by_field(
    project: Project, user: User, asked: dict[str, Any], field: str
) -> None:
    with pytest.raises(UnableToChange) as refusal:
        create_webhook(project=project, user=user, **asked)
    assert list(refusal.value.fields) == [field]
    made = create_webhook(project=project, user=user, url=EXACT)[0]
    with pytest.raises(UnableToChange):
        change_webhook(webhook=made, user=user, **asked)
    made.refresh_from_db()
    assert (made.url, made.events) == (EXACT, list(EVENTS))


def test_a_project_has_so_many_webhooks_at_the_most(project: Project, user: User) -> None:
    made = [create_webhook(project=project, user=user, url=EXACT)[0] for _ in range(MOST_WEBHOOKS)]
    with pytest.raises(UnableToChange, match=f"^url: .* has {MOST_WEBHOOKS} webhooks already"):
        create_webhook(project=project, user=user, url=EXACT)
    delete_webhook(webhook=made[0], user=user)
    assert create_webhook(project=project, user=user, url=EXACT)[1].startswith("whsec_")


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("rung")
def test_a_webhook_that_is_deleted_while_a_job_ends_undoes_no_end(
    project: Project,
    user: User,
    make_job: MakeJob,
    meanwhile: Callable[[Callable[[], None]], None],
    wait_for: WaitFor,
) -> None:
    webhook, job = create_webhook(project=project, user=user, url=EXACT)[0], make_job()

    def is_tried() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            row = cursor.fetchone()
        return bool(row and row[0]) or not Webhook.objects.exists()

    with transaction.atomic():
        request_cancel(job=job, user=user)
        meanwhile(lambda: delete_webhook(webhook=webhook, user=user))
        wait_for(is_tried)
    wait_for(lambda: not Webhook.objects.exists())
    job.refresh_from_db()
    assert (job.state, Delivery.objects.count()) == (State.CANCELLED, 0)
