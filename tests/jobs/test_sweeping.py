"""What workers clear away beside their work, each when it is due."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.models import Beat, Job, State, Worker
from jobs.operations.beats import take_turn
from jobs.sweeping import Sweeper
from tests.jobs.conftest import MakeJob


@pytest.mark.django_db
def test_what_is_done_every_hour_is_done_by_one_worker() -> None:
    assert take_turn(name="sweeper", by="one", every=3600)
    assert not take_turn(name="sweeper", by="two", every=3600)
    Beat.objects.update(at=timezone.now() - timedelta(hours=2))
    assert take_turn(name="sweeper", by="two", every=3600)
    assert Beat.objects.get().count == 2


@pytest.mark.django_db
def test_a_step_of_the_sweeper_that_fails_keeps_none_of_the_others_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Worker.objects.create(
        name="old", host="h", pid=1, started_at=timezone.now(), seen_at=timezone.now() - timedelta(days=9)
    )

    def fails() -> None:
        raise ValueError("a mistake of ours")

    monkeypatch.setattr("jobs.sweeping.intake_folder.sweep", fails)
    monkeypatch.setattr("jobs.sweeping.connection.close", lambda: None)
    Sweeper().beat()
    assert not Worker.objects.exists()


@pytest.mark.django_db
def test_a_deleted_job_is_gone_with_the_next_beat_and_not_an_hour_later(make_job: MakeJob) -> None:
    job = make_job()
    Sweeper().beat()
    Job.objects.filter(pk=job.pk).update(state=State.CANCELLED, deleted_at=timezone.now())
    Beat.objects.filter(name="remover").update(at=timezone.now() - timedelta(seconds=60))
    Sweeper().beat()
    assert not Job.objects.filter(pk=job.pk).exists()
    assert Beat.objects.get(name="sweeper").count == 1
