from __future__ import annotations

import psycopg
import pytest
import redis
from django.db import connection

from jobs.local.home import Home


@pytest.mark.django_db
def test_the_test_database_is_a_real_postgresql() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('listen_addresses'), current_database()")
        assert cursor.fetchone() == ("", "test_mtkd")


def test_the_broker_of_the_session_answers(servers: Home, broker_url: str) -> None:
    client = redis.Redis(unix_socket_path=str(servers.valkey_socket))
    assert client.ping()
    client.close()
    assert broker_url.startswith("redis+socket:///")


def test_processes_of_a_test_see_its_database(process_environment: dict[str, str]) -> None:
    with psycopg.connect(process_environment["DATABASE_URL"]) as connection:
        assert connection.execute("SELECT current_database()").fetchone() == ("test_mtkd",)
