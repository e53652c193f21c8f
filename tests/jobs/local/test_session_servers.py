from __future__ import annotations

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
