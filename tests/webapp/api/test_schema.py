from __future__ import annotations

import yaml
from django.core.management import call_command
from django.test import Client

from webapp.access import PERMISSIONS


def test_the_description_is_open_and_names_every_address(db: None) -> None:
    described = yaml.safe_load(Client().get("/api/schema/").content)
    assert len(described["paths"]) == sum(route.startswith("api-") for route in PERMISSIONS) - 1


def test_the_description_is_valid_and_without_warnings(db: None, tmp_path: object) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", f"{tmp_path}/schema.yaml")
