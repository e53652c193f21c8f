"""What every part of a Spec shares: strict keys, frozen values, errors a person can act on."""

from __future__ import annotations

import re
import reprlib
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError, model_validator

LIMITS = {"ge": "{} or more", "le": "{} or less", "gt": "more than {}", "lt": "less than {}"}


MOST_PROBLEMS = 20


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError(f"given {_short(text)}, accepted are printable characters on one line")
    return text


Name = Annotated[str, AfterValidator(_printable)]


class Part(BaseModel):
    """One frozen part of a Spec; unknown keys and numbers that are not finite are refused."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        validate_default=True,
        use_attribute_docstrings=False,
        allow_inf_nan=False,
    )

    @model_validator(mode="before")
    @classmethod
    def _yes_is_no_number(cls, given: Any) -> Any:
        if isinstance(given, dict):
            for name, field in cls.model_fields.items():
                if isinstance(given.get(name), bool) and field.annotation in (int, float):
                    raise ValueError(f"{name}: given {given[name]}, accepted is a number")
        return given


class SpecError(ValueError):
    """The user's Spec (or model card) cannot be accepted; `problems` has one sentence per field.

    `fields` maps a dotted field path ("optim.epochs") to its sentence, so that a form can show it in place.
    """

    def __init__(self, fields: dict[str, str]) -> None:
        self.fields = fields
        self.problems = [f"{path}: {sentence}" if path else sentence for path, sentence in fields.items()]
        super().__init__(" ".join(self.problems))


def explain(error: ValidationError) -> SpecError:
    """This will turn pydantic's report into one sentence per field: what was given, what is accepted."""
    fields: dict[str, str] = {}
    found = error.errors(include_url=False)
    for item in found[:MOST_PROBLEMS]:
        # Union tags ("emtm", "span") stand in `loc` but not in what the user wrote.
        path = ".".join(str(part) for part in _user_path(item["loc"]))
        sentence = _sentence(item)
        named = re.match(r"([a-z_.]+): ", sentence)
        if item["type"] == "value_error" and named:  # a rule over several fields names the one to change
            path = f"{path}.{named[1]}" if path else named[1]
            sentence = sentence[named.end() :]
        fields.setdefault(path, sentence)
    if len(found) > MOST_PROBLEMS:
        fields.setdefault("", f"There are {len(found) - MOST_PROBLEMS:,} problems more.")
    return SpecError(fields)


def _user_path(loc: tuple[int | str, ...]) -> list[int | str]:
    tags = {"solo", "emtm", "uniform", "static", "kau", "span", "map2d", "proposal"}
    after_choice = {"method", "aggregator", "net"}
    path: list[int | str] = []
    for part in loc:
        if part in tags and path and path[-1] in after_choice:
            continue
        path.append(part)
    return path


def _sentence(item: Any) -> str:
    kind, message, context = item["type"], item["msg"], item.get("ctx", {})
    given = _short(item.get("input"))
    if kind == "extra_forbidden":
        return "this key is not known here; remove it or check its spelling."
    if kind == "missing":
        return "this key is required and was not given."
    if kind in {"union_tag_invalid", "union_tag_not_found"}:
        tag = str(context.get("discriminator", "'kind'")).strip("'")
        accepted = context.get("expected_tags", "see the documentation")
        return f"given {given}, accepted is a mapping whose {tag!r} is one of {accepted}."
    if kind == "value_error":
        text = str(context.get("error", message))
        return text if text.endswith(".") else text + "."
    for limit, words in LIMITS.items():
        if limit in context and kind in {
            "greater_than_equal",
            "less_than_equal",
            "greater_than",
            "less_than",
        }:
            return f"given {given}, accepted is {words.format(context[limit])}."
    wanted = message[0].lower() + message[1:]
    return f"given {given}, but {wanted}."


_repr = reprlib.Repr()
_repr.maxstring = _repr.maxother = 80


def _short(value: Any) -> str:
    text = _repr.repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
