"""The websocket itself, spoken to as a server would."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.db import OperationalError
from django.test import Client

from jobs.models import Job, Membership, User
from mtkd_engine.events import Metrics
from tests.engine_double import EngineDouble
from webapp.asgi import application
from webapp.live import consumer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_connection_stays")]
ORIGIN = b"http://localhost"


class Socket:
    """A client of one websocket."""

    def __init__(self, path: str, *, session: str = "", origin: bytes = ORIGIN) -> None:
        cookie = f"{settings.SESSION_COOKIE_NAME}={session}".encode()
        headers = [(b"host", b"localhost"), (b"origin", origin), (b"cookie", cookie)]
        scope = {"type": "websocket", "path": path, "headers": headers, "subprotocols": []}
        untyped: Any = ApplicationCommunicator
        self.wire = untyped(application, {**scope, "query_string": b""})

    async def open(self) -> None:
        await self.wire.send_input({"type": "websocket.connect"})

    async def ask(self, text: str) -> None:
        await self.wire.send_input({"type": "websocket.receive", "text": text})

    async def next(self) -> dict[str, Any]:
        message: dict[str, Any] = await self.wire.receive_output(timeout=8)
        return message

    async def frame(self, wanted: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """This will return the first frame that has what is wanted."""
        while True:
            message = await self.next()
            assert message["type"] == "websocket.send", message
            frame: dict[str, Any] = json.loads(message["text"])
            if wanted(frame):
                return frame

    async def close_code(self) -> int:
        while (message := await self.next())["type"] != "websocket.close":
            pass
        return int(message["code"])

    async def leave(self) -> None:
        await self.wire.send_input({"type": "websocket.disconnect", "code": 1001})
        await self.wire.wait(timeout=8)


@asynccontextmanager
async def watching(path: str, **more: Any) -> AsyncIterator[Socket]:
    socket = Socket(path, **more)
    await socket.open()
    try:
        yield socket
    finally:
        await socket.leave()


@pytest.fixture
def path(job: Job) -> str:
    return f"/live/jobs/{job.pk}/"


async def test_somebody_logged_out_is_told_by_the_code(path: str) -> None:
    async with watching(path) as socket:
        assert (await socket.next())["type"] == "websocket.accept"
        assert await socket.close_code() == consumer.LOGGED_OUT


async def test_a_stranger_to_the_project_may_not_watch(path: str, people: dict[str, User]) -> None:
    client = Client()
    await sync_to_async(client.force_login)(people["outsider"])
    async with watching(path, session=client.cookies[settings.SESSION_COOKIE_NAME].value) as socket:
        assert await socket.close_code() == consumer.FORBIDDEN


async def test_a_job_that_does_not_exist_is_no_different(session: str) -> None:
    async with watching("/live/jobs/999999/", session=session) as socket:
        assert await socket.close_code() == consumer.FORBIDDEN


async def test_an_address_without_anything_says_so(session: str) -> None:
    async with watching("/live/nothing/", session=session) as socket:
        assert await socket.close_code() == consumer.NOT_FOUND


@pytest.mark.parametrize("origin", [b"http://evil.example", b"", b"null"])
async def test_another_site_is_turned_away_before_anything(path: str, session: str, origin: bytes) -> None:
    async with watching(path, session=session, origin=origin) as socket:
        assert (await socket.next())["type"] == "websocket.close"


async def test_an_allowed_host_is_still_not_this_one(path: str, session: str) -> None:
    async with watching(path, session=session, origin=b"http://127.0.0.1:9999") as socket:
        assert await socket.close_code() == consumer.FORBIDDEN


@pytest.mark.parametrize(
    "text", ["", "x", "[]", "{}", '{"after": -1}', '{"after": "x"}', '{"after":0,"px":0}']
)
async def test_a_senseless_message_ends_the_socket(path: str, session: str, text: str) -> None:
    async with watching(path, session=session) as socket:
        await socket.next()
        await socket.ask(text)
        assert await socket.close_code() == consumer.BAD_MESSAGE


async def test_points_arrive_while_they_are_written_and_the_end_closes_the_socket(
    path: str, session: str, job: Job
) -> None:
    def begin() -> EngineDouble:
        double = EngineDouble()
        double.start()
        double.say(Metrics(step=1, values={"loss/total": 1.0}))
        return double

    double = await sync_to_async(begin)()
    async with watching(path, session=session) as socket:
        await socket.next()
        await socket.ask('{"after": 0, "px": 100}')
        first = await socket.frame(lambda frame: frame["points"])
        assert first["points"]["loss/total"]["steps"] == [1]
        await sync_to_async(double.say)(Metrics(step=2, values={"loss/total": 0.5}))
        tail = await socket.frame(lambda frame: frame["points"])
        assert (tail["after"], tail["points"]["loss/total"]["steps"]) == (first["seq"], [2])
        await sync_to_async(double.finish)()
        last = await socket.frame(lambda frame: frame["job"]["final"])
        assert last["job"]["state"] == "succeeded"
        assert await socket.close_code() == consumer.DONE


async def test_a_reader_that_comes_back_gets_only_what_it_missed(path: str, session: str, job: Job) -> None:
    def begin() -> None:
        double = EngineDouble()
        double.start()
        for step in range(1, 6):
            double.say(Metrics(step=step, values={"loss/total": 1.0}))

    await sync_to_async(begin)()
    async with watching(path, session=session) as socket:
        await socket.next()
        await socket.ask('{"after": 4}')
        frame = await socket.frame(lambda frame: frame["points"])
        assert (frame["replace"], frame["points"]["loss/total"]["steps"]) == (False, [4, 5])


async def test_the_bell_is_faster_than_the_look_that_happens_anyway(
    path: str, session: str, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "LOOK_ANYWAY_SECONDS", 60.0)
    double = await sync_to_async(EngineDouble)()
    await sync_to_async(double.start)()
    async with watching(path, session=session) as socket:
        await socket.next()
        await socket.ask('{"after": 0}')
        await socket.frame(lambda frame: frame["seq"] == 1)
        for step in range(1, 4):
            await sync_to_async(double.say)(Metrics(step=step, values={"lr": 1.0}))
            frame = await socket.frame(lambda frame: frame["points"])
            assert frame["points"]["lr"]["steps"] == [step]


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


async def test_logging_out_elsewhere_ends_an_open_socket(
    path: str, session: str, viewer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "PERMISSION_SECONDS", 0.0)
    async with watching(path, session=session) as socket:
        await socket.next()
        await socket.ask('{"after": 0}')
        await socket.frame(lambda frame: True)
        await sync_to_async(viewer.logout)()
        assert await socket.close_code() == consumer.LOGGED_OUT


async def test_sockets_that_left_leave_no_task_behind(path: str, session: str) -> None:
    async with watching(path, session=session) as socket:
        await socket.next()
        await socket.ask('{"after": 0}')
        await socket.frame(lambda frame: True)
    await asyncio.sleep(0)
    names = {task.get_name() for task in asyncio.all_tasks() if not task.cancelling()}
    assert not {name for name in names if name == "bell" or name.startswith("feed")}


async def test_the_socket_outlives_a_database_that_is_away_and_says_so_once(
    path: str, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = consumer.read_frame, itertools.count()

    def sometimes(**asked: Any) -> dict[str, Any]:
        if next(calls) in {1, 2, 3}:
            raise OperationalError("connection is bad")
        return real(**asked)

    monkeypatch.setattr(consumer, "read_frame", sometimes)
    monkeypatch.setattr(consumer, "AWAY_SECONDS", 0.01)
    monkeypatch.setattr(consumer, "LOOK_ANYWAY_SECONDS", 0.01)
    async with watching(path, session=session) as socket:
        await socket.next()
        await socket.ask('{"after": 0}')
        assert "job" in await socket.frame(lambda frame: True)
        away = await socket.frame(lambda frame: True)
        assert away["away"] is True
        assert away["since"]
        back = await socket.frame(lambda frame: True)
        assert back["job"]["state"] == "queued"


async def test_a_job_that_is_deleted_for_good_ends_the_socket(path: str, session: str, job: Job) -> None:
    async with watching(path, session=session) as socket:
        await socket.next()
        await socket.ask('{"after": 0}')
        await socket.frame(lambda frame: True)
        await sync_to_async(job.delete)()
        assert await socket.close_code() == consumer.FORBIDDEN
