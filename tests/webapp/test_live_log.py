"""The websocket of a log, spoken to as a server would."""

from __future__ import annotations

import asyncio
import json

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.test import Client

from jobs.models import Attempt, Job, LogChunk, Membership, State, User
from jobs.notify import notify
from tests.webapp.test_live_socket import watching
from webapp.live import consumer
from webapp.live.log import NEWEST

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_connection_stays")]


@pytest.fixture
def path(job: Job) -> str:
    return f"/live/jobs/{job.pk}/log/"


@sync_to_async
def say(job: Job, *lines: str) -> None:
    attempt, _ = Attempt.objects.get_or_create(job=job, number=1, defaults={"fence": 1, "worker": "w"})
    last = LogChunk.objects.filter(attempt=attempt).order_by("-start").first()
    start = 0 if last is None else last.start + last.size
    text = "\n".join(lines)
    LogChunk.objects.create(job=job, attempt=attempt, start=start, size=len(text) + 1, text=text)
    notify(job_id=job.pk)


@sync_to_async
def end(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(state=State.SUCCEEDED)
    notify(job_id=job.pk)


async def test_lines_arrive_while_they_are_kept_and_the_end_closes_the_socket(
    path: str, session: str, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "LOOK_ANYWAY_SECONDS", 60.0)  # the bell must be enough
    await say(job, "one", "two")
    async with watching(path, session=session) as socket:
        await socket.next()
        await socket.ask('{"after": 0}')
        first = await socket.frame(lambda frame: True)
        assert first["lines"] == [{"attempt": 1, "text": "one"}, {"attempt": 1, "text": "two"}]
        assert not first["final"]
        await say(job, "three")
        second = await socket.frame(lambda frame: True)
        assert [line["text"] for line in second["lines"]] == ["three"]
        assert second["after"] > first["after"]
        await end(job)
        last = await socket.frame(lambda frame: True)
        assert (last["lines"], last["final"]) == ([], True)
        assert await socket.close_code() == consumer.DONE


async def test_a_reader_that_comes_back_gets_only_what_it_missed(path: str, session: str, job: Job) -> None:
    await say(job, "one")
    async with watching(path, session=session) as socket:
        await socket.next()
        await socket.ask('{"after": 0}')
        seen = await socket.frame(lambda frame: True)
    await say(job, "two")
    async with watching(path, session=session) as socket:
        await socket.next()
        await socket.ask(json.dumps({"after": seen["after"]}))
        frame = await socket.frame(lambda frame: True)
        assert [line["text"] for line in frame["lines"]] == ["two"]


async def test_a_job_that_has_said_nothing_gets_an_answer_all_the_same(path: str, session: str) -> None:
    async with watching(path, session=session) as socket:
        await socket.next()
        await socket.ask('{"after": 0}')
        assert await socket.frame(lambda frame: True) == {"after": 0, "lines": [], "final": False}


async def test_a_new_reader_begins_with_the_newest_lines(path: str, session: str, job: Job) -> None:
    await say(job, *(f"line {number}" for number in range(NEWEST + 500)))
    await end(job)
    async with watching(path, session=session) as socket:
        await socket.next()
        await socket.ask('{"after": 0}')
        frame = await socket.frame(lambda frame: True)
        assert len(frame["lines"]) == NEWEST
        assert frame["lines"][0]["text"] == "line 500"
        assert frame["final"]


async def test_somebody_logged_out_is_told_by_the_code(path: str) -> None:
    async with watching(path) as socket:
        assert await socket.close_code() == consumer.LOGGED_OUT


async def test_a_stranger_may_not_read(path: str, people: dict[str, User]) -> None:
    client = Client()
    await sync_to_async(client.force_login)(people["outsider"])
    async with watching(path, session=client.cookies[settings.SESSION_COOKIE_NAME].value) as socket:
        assert await socket.close_code() == consumer.FORBIDDEN


async def test_an_allowed_host_is_still_not_this_one(path: str, session: str) -> None:
    async with watching(path, session=session, origin=b"http://127.0.0.1:9999") as socket:
        assert await socket.close_code() == consumer.FORBIDDEN


async def test_losing_the_membership_ends_an_open_socket(
    path: str, session: str, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "PERMISSION_SECONDS", 0.0)
    async with watching(path, session=session) as socket:
        await socket.next()
        await socket.ask('{"after": 0}')
        await socket.frame(lambda frame: True)
        await Membership.objects.filter(user=people["viewer"]).adelete()
        assert await socket.close_code() == consumer.FORBIDDEN


async def test_a_socket_that_left_leaves_no_task_behind(path: str, session: str) -> None:
    async with watching(path, session=session) as socket:
        await socket.next()
        await socket.ask('{"after": 0}')
        await socket.frame(lambda frame: True)
    await asyncio.sleep(0)
    names = {task.get_name() for task in asyncio.all_tasks() if not task.cancelling()}
    assert not {name for name in names if name == "bell" or name.startswith("feed")}
