"""Server-sent events, read as a server would send them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import AsyncClient
from rest_framework.test import APIClient

from jobs.models import Job, User
from jobs.operations.tokens import create_token, revoke_token
from mtkd_engine.events import Metrics
from tests.engine_double import EngineDouble
from webapp.api import stream

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_connection_stays")]

Message = tuple[str, str, Any]


@pytest.fixture
def header(api: APIClient) -> dict[str, str]:
    return {"Authorization": api._credentials["HTTP_AUTHORIZATION"]}


@asynccontextmanager
async def opened(
    job: Job, headers: dict[str, str], query: str = "", *, session: str = ""
) -> AsyncIterator[tuple[Any, AsyncIterator[Message]]]:
    """This will ask for the stream of a job, and leave it as a server does whose client went away."""
    client = AsyncClient()
    if session:
        client.cookies[settings.SESSION_COOKIE_NAME] = session
    answer: Any = await client.get(f"/api/v1/jobs/{job.pk}/stream/{query}", headers=headers)
    told = messages(answer)
    try:
        yield answer, told
    finally:
        await told.aclose()
        if answer.streaming:
            await answer._iterator.aclose()
        while any(task.get_name() == "bell" for task in asyncio.all_tasks()):
            await asyncio.sleep(0)


async def messages(answer: Any) -> AsyncGenerator[Message, None]:
    """This will give the kind, id and data of each message; a comment is a message without data."""
    async for piece in answer:
        text = piece.decode()
        fields = dict(line.split(": ", 1) for line in text.strip().splitlines() if not line.startswith(":"))
        data = json.loads(fields["data"]) if "data" in fields else None
        yield fields.get("event", text.strip()), fields.get("id", ""), data


async def read(job: Job, headers: dict[str, str], query: str = "") -> list[Message]:
    async with opened(job, headers, query) as (_, told):
        return [message async for message in told]


async def first(told: AsyncIterator[Message], wanted: str) -> Any:
    """This will give the data of the next message of a kind."""
    async for kind, _, data in told:
        if kind == wanted:
            return data
    raise AssertionError(f"There was no {wanted}.")


def trained() -> None:
    double = EngineDouble()
    double.start(total_steps=2)
    for step in (1, 2):
        double.say(Metrics(step=step, values={"loss/total": 1.0 / step}))
    double.finish()


async def test_a_job_that_has_ended_is_told_as_a_whole(job: Job, header: dict[str, str]) -> None:
    await sync_to_async(trained)()
    told = await read(job, header)
    assert told[0][0] == "retry: 1000"
    kinds = [kind for kind, _, _ in told[1:]]
    assert kinds[0] == "metrics"
    assert set(kinds[1:-2]) == {"event"}
    assert kinds[-2:] == ["job", "end"]
    assert told[1][2]["series"]["loss/total"]["steps"] == [1, 2]
    assert told[-1][2]["state"] == "succeeded"
    numbers = [int(number) for _, number, _ in told if number]
    assert numbers == sorted(numbers)


async def test_it_is_no_answer_that_anything_keeps_or_collects(job: Job, header: dict[str, str]) -> None:
    async with opened(job, header) as (answer, _):
        assert (answer.status_code, answer["Content-Type"]) == (200, "text/event-stream")
        assert (answer["Cache-Control"], answer["X-Accel-Buffering"]) == ("no-store", "no")


@pytest.mark.parametrize("spelled", ["header", "address"])
async def test_who_reconnects_is_told_no_event_twice(job: Job, header: dict[str, str], spelled: str) -> None:
    await sync_to_async(trained)()
    events = [number for kind, number, _ in await read(job, header) if kind == "event"]
    at = events[len(events) // 2 - 1]
    if spelled == "header":
        again = await read(job, {**header, "Last-Event-ID": at}, "?after=0")
    else:
        again = await read(job, header, f"?after={at}")
    assert [number for kind, number, _ in again if kind == "event"] == events[len(events) // 2 :]
    assert again[-1][0] == "end"


async def test_what_happens_is_told_as_it_happens(job: Job, header: dict[str, str]) -> None:
    double = await sync_to_async(EngineDouble)()
    await sync_to_async(double.start)(total_steps=40)
    async with opened(job, header) as (_, told):
        assert (await first(told, "job"))["state"] == "running"
        await sync_to_async(double.say)(Metrics(step=7, values={"loss/total": 0.5}))
        curve = (await first(told, "metrics"))["series"]["loss/total"]
        assert (curve["steps"], curve["values"]) == ([7], [0.5])
        await sync_to_async(double.finish)()
        assert (await first(told, "end"))["state"] == "succeeded"


async def test_a_quiet_job_is_heard_breathing(
    job: Job, header: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT_SECONDS", 0.0)
    async with opened(job, header) as (_, told):
        await first(told, ": still here")


async def test_a_stream_ends_when_its_token_does(
    people: dict[str, User], job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "PERMISSION_SECONDS", 0.0)
    token, secret = await sync_to_async(create_token)(user=people["viewer"], name="x")
    async with opened(job, {"Authorization": f"Bearer {secret}"}) as (_, told):
        await first(told, "job")
        await sync_to_async(revoke_token)(token=token)
        assert "end" not in [kind async for kind, _, _ in told]


async def test_a_session_may_read_it_too_until_it_is_over(
    session: str, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "PERMISSION_SECONDS", 0.0)
    async with opened(job, {}, session=session) as (answer, told):
        assert answer.status_code == 200
        for step in (1, 2):
            await first(told, "job")
            await sync_to_async(Job.objects.filter(pk=job.pk).update)(step=step)
        await sync_to_async(Session.objects.all().delete)()
        assert "end" not in [kind async for kind, _, _ in told]


@pytest.mark.parametrize("number", ["x", "-1", "9" * 30])
async def test_an_id_that_is_none_is_refused(job: Job, header: dict[str, str], number: str) -> None:
    answer = await AsyncClient().get(
        f"/api/v1/jobs/{job.pk}/stream/", headers={**header, "Last-Event-ID": number}
    )
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
