"""Registrations that wait for a person, not for ever, and that ask for one name at the same time."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connections
from django.db.models.functions import Now

from jobs.models import Registration, RegistrationState
from jobs.operations.errors import UnableToRegister
from jobs.operations.leases import end_waiting
from jobs.operations.registrations import decide
from jobs.tick import Tick
from tests.jobs.registering import Desk

pytestmark = pytest.mark.django_db(transaction=True)


def test_whoever_does_not_decide_in_time_is_not_waited_for(desk: Desk) -> None:
    waits = desk.done("tiny", repairs=["clip_windows"])
    assert waits.state == RegistrationState.WAITING
    assert end_waiting() == 0
    Registration.objects.filter(pk=waits.pk).update(lease_until=Now() - timedelta(seconds=1))
    Tick().beat()
    waits.refresh_from_db()
    assert waits.state == RegistrationState.CANCELLED
    assert waits.sentence == "Nobody decided on its repairs within 7 days."
    assert desk.ask("tiny", repairs=["clip_windows"]).pk


def test_what_was_decided_in_time_goes_on(desk: Desk) -> None:
    waits = desk.done("tiny", repairs=["clip_windows"])
    going_on = decide(registration=waits, user=desk.user, accepted=["clip_windows"])
    assert going_on.lease_until is None
    assert end_waiting() == 0
    assert desk.carry_out(waits).state == RegistrationState.REGISTERED


def test_two_at_once_do_not_both_get_a_name(desk: Desk) -> None:
    place, refused = desk.put("tiny"), list[str]()

    def ask() -> None:
        try:
            desk.ask("tiny", path=place)
        except UnableToRegister as error:
            refused.append(error.message)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 5
    assert Registration.objects.count() == 1
