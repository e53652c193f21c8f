from __future__ import annotations

import os
import signal
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import pytest
import redis

from jobs.local.child import Child
from jobs.local.home import Home, LocalError
from jobs.local.valkey import start_valkey


@contextmanager
def broker(home: Home) -> Iterator[tuple[Child, redis.Redis]]:
    child = start_valkey(home)
    client = redis.Redis(unix_socket_path=str(home.valkey_socket), decode_responses=True)
    try:
        yield child, client
    finally:
        client.close()
        child.stop()


def test_messages_outlive_a_stop_and_a_kill(home: Home) -> None:
    with broker(home) as (_, client):
        client.rpush("line", "one")
    with broker(home) as (child, client):
        client.rpush("line", "two")
        os.kill(child.pid, signal.SIGKILL)
        assert child.wait(seconds=10)
    with broker(home) as (_, client):
        assert client.lrange("line", 0, -1) == ["one", "two"]


def test_the_broker_listens_on_its_socket_only(home: Home) -> None:
    with broker(home) as (_, client):
        assert cast("dict[str, str]", client.config_get("port")) == {"port": "0"}
        assert stat.S_IMODE(home.valkey_socket.stat().st_mode) == 0o700


def test_a_home_with_spaces_in_its_name_works(home: Home) -> None:
    spaced = Home(home.root / 'with "two" spaces')
    spaced.make()
    with broker(spaced) as (_, client):
        assert client.ping()


def test_a_broker_that_cannot_start_shows_the_end_of_its_log(home: Home) -> None:
    (home.root / "valkey").rmdir()
    with pytest.raises(LocalError, match="did not start"):
        start_valkey(home)


def test_a_missing_wheel_is_one_clear_sentence(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(LocalError, match=r"pip install '\.\[embedded\]'.*BROKER_URL"):
        start_valkey(home)
