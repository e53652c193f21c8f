from __future__ import annotations

from pathlib import Path

import pytest

from jobs.local.addresses import django_database
from jobs.local.home import Home, LocalError


def test_a_network_address_is_taken_apart() -> None:
    found = django_database("postgres://ann:p%40ss@db.example:6543/things?sslmode=require")
    assert (found["USER"], found["PASSWORD"], found["HOST"]) == ("ann", "p@ss", "db.example")
    assert (found["PORT"], found["NAME"], found["OPTIONS"]) == ("6543", "things", {"sslmode": "require"})


def test_a_socket_address_survives_strange_folder_names() -> None:
    home = Home(Path("/tmp/a b&c+d%"))
    assert django_database(home.database_url)["HOST"] == str(home.postgres_sockets)


@pytest.mark.parametrize("url", ["sqlite:///x.db", "mysql://u@h/n", "nonsense"])
def test_another_database_engine_is_refused_with_a_sentence(url: str) -> None:
    with pytest.raises(LocalError, match=r"must start with postgresql://"):
        django_database(url)


def test_an_address_without_a_database_name_is_refused() -> None:
    with pytest.raises(LocalError, match="must name a database"):
        django_database("postgresql://u@h/")


def test_an_address_with_a_port_that_is_no_number_is_refused() -> None:
    with pytest.raises(LocalError, match="port"):
        django_database("postgresql://u@h:many/n")
