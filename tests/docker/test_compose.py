"""compose.yaml: what it names exists, and it starts nothing without passwords of its owner's own."""

from __future__ import annotations

import json
import re

import pytest

from jobs.local.addresses import django_database
from jobs.local.home import CHECKOUT
from tests.docker.conftest import DOCKER, VARIABLE, compose, example, secrets, stages
from tests.managed import managed_here

SERVICES = {"database", "broker", "storage", "setup", "web", "intake", "worker", "worker-cuda"}
OURS = SERVICES - {"database", "broker", "storage"}
REQUIRED = {"DATABASE_PASSWORD", "BROKER_PASSWORD", "STORAGE_KEY", "STORAGE_SECRET", "MTKD_SECRET_KEY"}
READ_BY_LIBRARIES = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "FORWARDED_ALLOW_IPS"}
KEYS = {
    *("build", "command", "configs", "depends_on", "deploy", "environment", "healthcheck", "image", "init"),
    *("ports", "profiles", "restart", "stop_grace_period", "volumes"),
}


def test_all_services_are_there_and_made_of_known_parts() -> None:
    found = compose(secrets())
    assert set(found["services"]) == SERVICES
    for name, service in found["services"].items():
        assert set(service) <= KEYS, name
        assert isinstance(service["image"], str)
        assert all(isinstance(part, str) for part in service.get("command", []))
        for needed, how in service.get("depends_on", {}).items():
            asked = how["condition"]
            assert needed in SERVICES
            assert asked in {"service_healthy", "service_completed_successfully"}
            assert asked != "service_healthy" or "healthcheck" in found["services"][needed]
        named = {part.split(":")[0] for part in service.get("volumes", []) if not part.startswith("/")}
        assert named <= found["volumes"].keys()
        assert {config["source"] for config in service.get("configs", [])} <= found.get("configs", {}).keys()


@pytest.mark.parametrize("name", sorted(REQUIRED))
def test_nothing_starts_without_a_password_of_its_owners_own(name: str) -> None:
    given = secrets()
    compose(given)
    del given[name]
    with pytest.raises(KeyError, match=r"see example\.env"):
        compose(given)


def test_the_example_names_every_variable_and_gives_no_password() -> None:
    text = (DOCKER / "compose.yaml").read_text()
    assert {match["name"] for match in VARIABLE.finditer(text)} - {None} == example().keys()
    assert {name for name, value in example().items() if not value} >= REQUIRED


def test_every_variable_of_ours_is_one_that_is_read() -> None:
    paths = [CHECKOUT / "webapp" / "settings.py", *(CHECKOUT / "jobs").rglob("*.py")]
    read = "\n".join(path.read_text() for path in paths)
    for name in OURS:
        for variable in compose(secrets())["services"][name]["environment"]:
            assert variable in READ_BY_LIBRARIES or f'"{variable}"' in read, variable


def test_targets_and_files_of_builds_exist() -> None:
    for name in OURS:
        build = compose(secrets())["services"][name]["build"]
        assert build["target"] in stages()
        assert (DOCKER / build["context"] / build["dockerfile"]).is_file()
        assert (DOCKER / build["context"]).resolve() == CHECKOUT


@pytest.mark.parametrize("name", sorted(OURS - {"web"}))
def test_every_command_parses(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    command = compose(secrets())["services"][name]["command"]
    assert command[1] == "manage.py"
    assert managed_here(*command[2:], "--help") == 0
    told = capfd.readouterr().out
    for option in command[3:]:
        assert not option.startswith("--") or option in told


def test_addresses_are_what_the_settings_understand() -> None:
    given = compose(secrets())["services"]["web"]["environment"]
    database = django_database(given["DATABASE_URL"])
    assert (database["HOST"], database["PORT"], database["NAME"]) == ("database", "5432", "mtkd")
    assert database["PASSWORD"] == secrets()["DATABASE_PASSWORD"]
    assert re.fullmatch(r"redis://:\w+@broker:6379/0", given["BROKER_URL"])


def test_the_store_knows_the_key_that_the_others_use() -> None:
    found = compose(secrets())
    identity = json.loads(found["configs"]["storage-keys"]["content"])["identities"][0]
    given = found["services"]["worker"]["environment"]
    assert identity["credentials"] == [
        {"accessKey": given["AWS_ACCESS_KEY_ID"], "secretKey": given["AWS_SECRET_ACCESS_KEY"]}
    ]


def test_only_the_site_is_published_and_only_to_this_host() -> None:
    published = {name: service.get("ports") for name, service in compose(secrets())["services"].items()}
    assert {name: ports for name, ports in published.items() if ports} == {"web": ["127.0.0.1:8000:8000"]}


def test_workers_share_no_folder_and_have_time_to_hand_back() -> None:
    services = compose(secrets())["services"]
    for name in ("intake", "worker", "worker-cuda"):
        assert services[name]["volumes"] == ["/var/lib/mtkd"]
        assert services[name]["stop_grace_period"] == "90s"
