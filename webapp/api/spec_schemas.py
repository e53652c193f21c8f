"""The Specs of all tasks as schemas of the OpenAPI document."""

from __future__ import annotations

from typing import Any

from mtkd_engine.spec import SPECS

REF = "#/components/schemas/{model}"


def spec_schemas() -> dict[str, Any]:
    """This will give the schema of each task's Spec and of all its parts, by the names of their classes."""
    found: dict[str, Any] = {}
    for model in SPECS.values():
        schema = model.model_json_schema(ref_template=REF)
        found |= schema.pop("$defs", {})
        found[model.__name__] = schema
    return found
