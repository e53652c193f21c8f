from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.test import Client
from pytest_django import DjangoDbBlocker

from webapp.api import openapi
from webapp.permissions import PERMISSIONS

Operation = dict[str, Any]


@pytest.fixture(scope="module")
def described(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> dict[str, Any]:
    """The description, which is long: made once, and read by the parser that is written in C."""
    with django_db_blocker.unblock():
        found: dict[str, Any] = yaml.load(Client().get("/api/schema/").content, Loader=yaml.CSafeLoader)
    return found


def operations(described: dict[str, Any]) -> Iterator[tuple[str, Operation]]:
    for item in described["paths"].values():
        yield from item.items()


def test_the_description_is_open_and_names_every_address(described: dict[str, Any]) -> None:
    assert described["openapi"].startswith("3.1.")
    assert len(described["paths"]) == sum(route.startswith("api-") for route in PERMISSIONS) - 1


def test_the_description_is_valid_and_without_warnings(db: None, tmp_path: object) -> None:
    kept = ("--format", "openapi-json", "--file", f"{tmp_path}/schema.json")  # sooner written than YAML
    call_command("spectacular", "--validate", "--fail-on-warn", *kept)


def test_the_description_is_made_once_for_everybody_and_whatever_version_they_ask_for(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[object] = []
    monkeypatch.setattr(openapi.KeepingGenerator, "_kept", None)
    monkeypatch.setattr(openapi, "spec_schemas", lambda: made.append(1) or {})
    answers = [client.get("/api/schema/", query) for query in ({}, {"version": "9"}, {"format": "json"})]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert len(made) == 1
    assert answers[0].content == answers[1].content
    assert json.loads(answers[2].content) == yaml.load(answers[0].content, Loader=yaml.CSafeLoader)


def test_the_specs_of_all_tasks_are_described_field_by_field(described: dict[str, Any]) -> None:
    schemas = described["components"]["schemas"]
    assert {"GroundingSpec", "ImageClassificationSpec", "FeatureKauSpec", "AugmentSpec"} <= set(schemas)
    aggregator = schemas["MultiTeacherSpec"]["properties"]["aggregator"]
    assert aggregator["discriminator"]["mapping"]["kau"] == "#/components/schemas/FeatureKauSpec"


def test_what_is_empty_until_something_has_ended_is_described_so(described: dict[str, Any]) -> None:
    shapes = described["components"]["schemas"]
    for shape, field in (("AttemptShape", "outcome"), ("ListedJobShape", "gate_outcome")):
        offered = shapes[shape]["properties"][field]["oneOf"]
        assert any("" in shapes[one["$ref"].rpartition("/")[2]]["enum"] for one in offered)


def test_it_needs_no_extension_of_the_standard(described: dict[str, Any]) -> None:
    def keys(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            yield from (key for key in node if isinstance(key, str))
            for inner in node.values():
                yield from keys(inner)
        elif isinstance(node, list):
            for inner in node:
                yield from keys(inner)

    assert not [key for key in keys(described) if key.startswith("x-")]


def test_every_operation_has_a_name_of_its_own_a_sentence_and_its_refusals(described: dict[str, Any]) -> None:
    found = [operation for _, operation in operations(described)]
    assert len({operation["operationId"] for operation in found}) == len(found)
    for operation in found:
        assert operation["description"], operation["operationId"]
        assert {"400", "401", "403", "429", "503"} <= set(operation["responses"]), operation["operationId"]


def test_every_write_takes_a_key(described: dict[str, Any]) -> None:
    key = {"$ref": "#/components/parameters/IdempotencyKey"}
    for method, operation in operations(described):
        assert (key in operation.get("parameters", [])) == (method != "get"), operation["operationId"]


def test_what_was_made_leads_to_all_that_can_be_done_with_it(described: dict[str, Any]) -> None:
    links = described["paths"]["/api/v1/jobs/"]["post"]["responses"]["201"]["links"]
    assert {"read_job", "cancel_job", "delete_job", "retry_job", "list_artifacts"} <= set(links)
    assert links["read_job"]["parameters"] == {"job_id": "$response.body#/id"}
    links = described["paths"]["/api/v1/projects/"]["post"]["responses"]["201"]["links"]
    assert links["list_jobs"]["parameters"] == {"query.project": "$response.body#/slug"}
