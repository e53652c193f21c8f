"""The OpenAPI document: what holds for all addresses (refusals, keys, tags, limits, links), and who makes it when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)

from webapp.api.problems import MEDIA_TYPE
from webapp.api.repeating import HEADER, LONGEST_KEY, WRITES
from webapp.api.spec_schemas import spec_schemas

LARGEST_ID = 2**63 - 1
_PROBLEM = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemShape"}}}
_LIMITS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
_HEADERS: Mapping[str, tuple[dict[str, Any], str]] = {
    "ETag": ({"type": "string"}, "For `If-None-Match`."),
    "RateLimit-Limit": ({"type": "integer"}, "Calls of this kind, reading or writing, in a minute."),
    "RateLimit-Remaining": ({"type": "integer"}, "How many of them are left."),
    "RateLimit-Reset": ({"type": "integer"}, "Seconds until the next minute begins."),
    "Retry-After": ({"type": "integer"}, "Seconds after which to try again."),
    "Idempotency-Replayed": ({"type": "string", "enum": ["true"]}, "It was done before; this is its answer."),
}
_REFUSALS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "400": ("Refused: `detail` says why, `fields` where.", ()),
    "401": ("Who asks is not known: the token is missing, wrong, expired or revoked.", ()),
    "403": ("The role in the project is not enough, or the token lacks a scope.", ()),
    "404": ("Nothing here, or not yours to see.", ()),
    "409": ("Not as things stand, or a call with this Idempotency-Key is being worked on.", ("Retry-After",)),
    "413": ("The body is too large.", ()),
    "415": ("The body is of another media type.", ()),
    "422": ("The Idempotency-Key belongs to another call.", ()),
    "429": ("Too many calls in this minute.", (*_LIMITS, "Retry-After")),
    "503": ("The database is away; try again in a moment.", ("Retry-After",)),
}
_IDENTIFIED: Mapping[str, Mapping[str, str]] = {
    "ProjectShape": {"slug": "slug", "query.project": "slug"},
    "JobDetailShape": {"job_id": "id"},
    "GroupDetailShape": {"group_id": "id"},
    "RegistrationShape": {"registration_id": "id"},
    "PredictionShape": {"job_id": "job", "prediction_id": "id"},
    "SelectionShape": {"slug": "project", "selection_id": "id"},
    "UploadShape": {"upload_id": "id"},
    "TokenShape": {"token_id": "id"},
    "NewTokenShape": {"token_id": "id"},
    "PersonWithPasswordShape": {"username": "username"},
    "ViewShape": {"slug": "project", "view_id": "id"},
    "WebhookWithSecretShape": {"slug": "project", "webhook_id": "id"},
}
"""By what the things that calls make are found at other addresses: parameter and field."""
_ENDLESS = frozenset({"stream_job"})

Document = dict[str, Any]


class KeepingGenerator(SchemaGenerator):
    """Makes the document at a process's first request and keeps it, for it is the same for everybody."""

    _kept: ClassVar[Document | None] = None

    def get_schema(self, request: object = None, public: bool = False) -> Document:
        """This will give the document, which nobody may change."""
        if KeepingGenerator._kept is None:
            self.api_version = None  # the API has one; a `version` that somebody asks for is none
            KeepingGenerator._kept = super().get_schema(None, public=True)  # type: ignore[no-untyped-call]
        return KeepingGenerator._kept


class _KeptYaml:
    """Writes the kept document out once, for that takes as long as many other answers; refusals as ever."""

    _kept: ClassVar[tuple[Document | None, Any]] = (None, None)

    def render(self, data: Any, *context: Any, **named: Any) -> Any:
        """This will give what the document is as YAML, which does not depend on who asks."""
        document, written = _KeptYaml._kept
        if data is not None and data is document:
            return written
        written = super().render(data, *context, **named)  # type: ignore[misc]
        if data is KeepingGenerator._kept:
            _KeptYaml._kept = data, written
        return written


class KeptYaml(_KeptYaml, OpenApiYamlRenderer):
    """YAML by the name of OpenAPI."""


class KeptPlainYaml(_KeptYaml, OpenApiYamlRenderer2):
    """YAML by its own name."""


RENDERERS = (KeptYaml, KeptPlainYaml, OpenApiJsonRenderer, OpenApiJsonRenderer2)


def complete(result: Document, generator: object, request: object, public: bool) -> Document:
    """This will add to a generated document what no view says by itself."""
    del generator, request, public
    components = result.setdefault("components", {})
    components["responses"] = {code: _refusal(code) for code in _REFUSALS}
    components["headers"] = {name: _header(name) for name in _HEADERS}
    components["parameters"] = {"IdempotencyKey": _key_parameter(), "IfNoneMatch": _tag_parameter()}
    _let_anything_be_null(components.get("schemas", {}))
    components["schemas"] = {**spec_schemas(), **components.get("schemas", {})}
    operations = list(_operations(result))
    for method, path, operation in operations:
        for parameter in operation.get("parameters", []):
            _bound(parameter)
        _add_refusals(method, path, operation)
        _add_tags_and_keys(method, operation)
        _add_links(operation, operations)
        operation["responses"] = dict(sorted(operation["responses"].items()))
    return result


def _let_anything_be_null(node: Any) -> None:
    """What may be anything may be null without a word; as two alternatives both hold, and one alone must."""
    if isinstance(node, list):
        for inner in node:
            _let_anything_be_null(inner)
    elif isinstance(node, dict):
        if node.get("oneOf") == [{}, {"type": "null"}]:
            del node["oneOf"]
        for inner in node.values():
            _let_anything_be_null(inner)


def _operations(result: Document) -> Iterator[tuple[str, str, Document]]:
    for path, item in result["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def _bound(parameter: Document) -> None:
    schema = parameter.get("schema", {})
    if parameter.get("in") == "path" and schema.get("type") == "integer":
        schema |= {"minimum": 1, "maximum": LARGEST_ID}


def _add_refusals(method: str, path: str, operation: Document) -> None:
    codes = ["400", "401", "403", "429", "503"]
    codes += ["404"] if "{" in path else []
    codes += ["409", "422"] if method in WRITES else []
    codes += ["413", "415"] if "requestBody" in operation else []
    for code in codes:
        operation["responses"].setdefault(code, {"$ref": f"#/components/responses/{code}"})


def _add_tags_and_keys(method: str, operation: Document) -> None:
    done = [response for code, response in operation["responses"].items() if code.startswith("2")]
    names = list(_LIMITS)
    if method in WRITES:
        operation.setdefault("parameters", []).append({"$ref": "#/components/parameters/IdempotencyKey"})
        names.append("Idempotency-Replayed")
    elif any("application/json" in response.get("content", {}) for response in done):
        operation.setdefault("parameters", []).append({"$ref": "#/components/parameters/IfNoneMatch"})
        operation["responses"]["304"] = {"description": "It has not changed.", "headers": _refer("ETag")}
        names.append("ETag")
    for response in done:
        response.setdefault("headers", {}).update(_refer(*names))


def _add_links(operation: Document, operations: list[tuple[str, str, Document]]) -> None:
    for code in ("201", "202"):
        response = operation["responses"].get(code, {})
        schema = response.get("content", {}).get("application/json", {}).get("schema", {})
        known = _IDENTIFIED.get(schema.get("$ref", "").rpartition("/")[2])
        if known is None:
            continue
        links = {}
        for _, _, other in operations:
            wanted = _parameters(other, known)
            if wanted and other["operationId"] not in _ENDLESS:
                links[other["operationId"]] = {"operationId": other["operationId"], "parameters": wanted}
        response["links"] = links


def _parameters(operation: Document, known: Mapping[str, str]) -> dict[str, str]:
    """Which of an operation's parameters a thing gives; nothing where it lacks one that the path needs."""
    asked = [one for one in operation.get("parameters", []) if "name" in one]
    path = {one["name"] for one in asked if one["in"] == "path"}
    wanted = {name: f"$response.body#/{field}" for name, field in known.items() if name in path}
    if path != set(wanted):
        return {}
    query = {one["name"] for one in asked if one["in"] == "query"}
    more = {name: field for name, field in known.items() if name.removeprefix("query.") in query}
    return wanted | {name: f"$response.body#/{field}" for name, field in more.items()}


def _refer(*names: str) -> Document:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _refusal(code: str) -> Document:
    description, headers = _REFUSALS[code]
    return {
        "description": description,
        "content": _PROBLEM,
        **({"headers": _refer(*headers)} if headers else {}),
    }


def _header(name: str) -> Document:
    schema, description = _HEADERS[name]
    return {"schema": schema, "description": description}


def _key_parameter() -> Document:
    return {
        "name": HEADER,
        "in": "header",
        "description": "A call that is sent again with its key is not done again; its answer is kept for a day.",
        "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": "^[!-~]+$"},
    }


def _tag_parameter() -> Document:
    return {
        "name": "If-None-Match",
        "in": "header",
        "description": "The ETag of what one has: the answer is 304 while it has not changed.",
        "schema": {"type": "string"},
    }
