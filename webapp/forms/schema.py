"""The spec's JSON schema as a tree of fields, groups and choices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any, TypeVar

from pydantic_core import PydanticUndefined

from mtkd_engine.spec import SPECS
from mtkd_engine.spec.base import Part
from mtkd_engine.spec.classification.kinds import CLIPS, FEATURES, IMAGES, STREAMS, families_reading
from webapp.forms.layout import (
    DATASET_FIELD,
    GATES_FIELD,
    HIDDEN,
    LEARNER_FIELD,
    NOT_OFFERED,
    SECTIONS,
    TEACHERS_FIELD,
)
from webapp.forms.nodes import NONE, Choice, Field, Group, Node, Rows

MOST_ROWS = 4


NodeT = TypeVar("NodeT", bound=Node)
KIND_OF = {"classification": IMAGES, CLIPS: CLIPS, STREAMS: STREAMS, FEATURES: FEATURES}
"""What samples are seen as, by subject of task classification."""


@cache
def spec_tree(subject: str = "grounding") -> Group:
    """This will return the tree of a subject's whole Spec, in the order of the form's sections."""
    model = SPECS[subject]
    schema = model.model_json_schema()
    root = _group({**schema, "x-model": model.__name__}, schema["$defs"], path="", name="", title="", help="")
    if subject in KIND_OF:
        root = _fitting(root, families=families_reading(KIND_OF[subject]))
    known = {section: index for index, section in enumerate(SECTIONS)}
    children = sorted(root.children, key=lambda child: known.get(child.path, len(known)))
    return Group(path="", name="", title="", help="", children=tuple(children))


def _fitting(node: NodeT, *, families: tuple[str, ...]) -> NodeT:
    """The same node, whose rows of networks offer only those that read what the others do."""
    if isinstance(node, Choice):
        options = [(value, _fitting(option, families=families)) for value, option in node.options]
        return replace(node, options=tuple(options))
    if isinstance(node, Group):
        return replace(node, children=tuple(_fitting(child, families=families) for child in node.children))
    if not isinstance(node, Rows) or not isinstance(node.rows[0].children[0], Choice):
        return node
    offered = {NONE, *families}
    rows = []
    for row in node.rows:
        first = row.children[0]
        assert isinstance(first, Choice)
        options = [(value, option) for value, option in first.options if value in offered]
        rows.append(replace(row, children=(replace(first, options=tuple(options)), *row.children[1:])))
    return replace(node, rows=tuple(rows))


def _node(
    raw: dict[str, Any], defs: dict[str, Any], *, path: str, name: str, required: bool, default: Any
) -> Node | None:
    if path in HIDDEN:
        return None
    schema, optional = _stated({**_resolved(raw, defs), **raw}, defs)
    text: dict[str, Any] = {"path": path, "name": name, "title": schema.get("title", path)}
    text["help"] = schema.get("description", "")
    if (parted := _parted(schema, defs, text=text, default=default, optional=optional)) is not None:
        return parted
    if "const" in schema:
        return None  # nothing to decide
    kind, options = _kind(schema, path)
    return Field(
        kind=kind,
        default=list(default) if isinstance(default, tuple) else default,
        required=required,
        optional=optional,
        options=options,
        accepted=_accepted(schema),
        **text,
    )


def _parted(
    schema: dict[str, Any], defs: dict[str, Any], *, text: dict[str, Any], default: Any, optional: bool
) -> Node | None:
    """A node with others below it, or the teachers; None for a plain value."""
    if "discriminator" in schema:
        choice = _choice(schema, defs, text=text, default=default)
        return _with_none(choice, is_default=default is None) if optional else choice
    if text["path"] == TEACHERS_FIELD:
        return Field(kind="teachers", default=[], **text)
    if schema.get("type") == "object" and "x-model" in schema:
        return _group(schema, defs, **text)
    if schema.get("type") == "array" and "$ref" in schema.get("items", ()):
        return _rows(schema, defs, text=text)
    return None


def _group(
    schema: dict[str, Any],
    defs: dict[str, Any],
    *,
    path: str,
    name: str,
    title: str,
    help: str,  # noqa: A002
) -> Group:
    model = schema["x-model"]
    children = []
    for key, raw in schema["properties"].items():
        child = _node(
            raw,
            defs,
            path=f"{path}.{key}" if path else key,
            name=f"{name}.{key}" if name else key,
            required=key in schema.get("required", ()),
            default=_default_of(model, key),
        )
        if child is not None:
            children.append(child)
    return Group(path=path, name=name, title=title, help=help, children=tuple(children))


def _choice(schema: dict[str, Any], defs: dict[str, Any], *, text: dict[str, Any], default: Any) -> Choice:
    tag = schema["discriminator"]["propertyName"]
    options = []
    for reference in schema["oneOf"]:
        option = _resolved(reference, defs)
        value = option["properties"][tag]["const"]
        if value in NOT_OFFERED.get(text["name"], ()):
            continue
        help_text = option["properties"][tag].get("description") or option.get("description", "")
        group = _group(
            option, defs, path=text["path"], name=f"{text['name']}[{value}]", title=value, help=help_text
        )
        options.append((value, group))
    return Choice(tag=tag, default=str(getattr(default, tag, options[0][0])), options=tuple(options), **text)


def _with_none(choice: Choice, *, is_default: bool) -> Choice:
    """The same choice, which may also be left out."""
    nothing = Group(
        path=choice.path, name=f"{choice.name}[{NONE}]", title=NONE, help="It is left out.", children=()
    )
    default = NONE if is_default else choice.default
    return replace(choice, default=default, options=((NONE, nothing), *choice.options))


def _rows(schema: dict[str, Any], defs: dict[str, Any], *, text: dict[str, Any]) -> Rows:
    rows = []
    for place in range(schema.get("maxItems", MOST_ROWS)):
        within = {key: f"{text[key]}.{place}" for key in ("path", "name")}
        title = f"{text['title']} {place + 1}"
        row = _group(_resolved(schema["items"], defs), defs, **within, title=title, help="")
        rows.append(replace(row, children=(_perhaps(row.children[0], title), *row.children[1:])))
    return Rows(rows=tuple(rows), **text)


def _perhaps(first: Node, title: str) -> Field | Choice:
    """What tells whether a row is in use: it may be empty."""
    if isinstance(first, Choice):
        return _with_none(replace(first, title=title), is_default=True)
    assert isinstance(first, Field)
    return replace(first, default="", options=("", *first.options))


def _default_of(model: str, key: str) -> Any:
    """This will look a default up in the model: schemas leave out those that a factory makes."""
    part = next(part for part in _parts(Part) if part.__name__ == model)
    default = part.model_fields[key].get_default(call_default_factory=True, validated_data={})
    return None if default is PydanticUndefined else default


def _parts(base: type[Part]) -> Iterator[type[Part]]:
    for part in base.__subclasses__():
        yield part
        yield from _parts(part)


def _stated(schema: dict[str, Any], defs: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """What a value is, and whether it may also be nothing."""
    options = [option for option in schema.get("anyOf", ()) if option.get("type") != "null"]
    if len(options) != 1:
        return schema, False
    return {**_resolved(options[0], defs), **options[0], **schema}, True


def _kind(schema: dict[str, Any], path: str) -> tuple[str, tuple[Any, ...]]:
    if path == DATASET_FIELD:
        return "dataset", ()
    if path == GATES_FIELD:
        return "lines", ()
    if path == LEARNER_FIELD:
        return "learner", ()
    if "enum" in schema:
        return "select", tuple(schema["enum"])
    if "enum" in schema.get("items", ()):
        return "choices", tuple(schema["items"]["enum"])
    kinds = {
        "boolean": "switch",
        "integer": "integer",
        "number": "number",
        "array": "list",
        "object": "mapping",
    }
    return kinds.get(schema.get("type", ""), "text"), ()


def _accepted(schema: dict[str, Any]) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f"{low:g} to {high:g}" if high < 10**8 else f"from {low:g}"
    bounds = (
        ("at least", low),
        ("above", schema.get("exclusiveMinimum")),
        ("at most", high),
        ("below", schema.get("exclusiveMaximum")),
    )
    return ", ".join(f"{word} {value:g}" for word, value in bounds if value is not None)


def _resolved(raw: dict[str, Any], defs: dict[str, Any]) -> dict[str, Any]:
    reference = raw.get("$ref")
    if not reference:
        return raw
    model = reference.rsplit("/", 1)[1]
    return {**defs[model], "x-model": model}
