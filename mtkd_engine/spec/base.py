"""What every part of a Spec shares: strict keys, frozen values, errors a person can act on."""

from __future__ import annotations

import re
import reprlib
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError, model_validator

from mtkd_engine.spec_error import SpecError

_BEYOND = {"greater_than_equal", "less_than_equal", "greater_than", "less_than"}
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
        defer_build=True,
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


def explain(error: ValidationError, *, subject: str = "grounding") -> SpecError:
    """This will turn pydantic's report into one sentence per field: what was given, what is accepted of a subject."""
    fields: dict[str, str] = {}
    found = error.errors(include_url=False)
    for item in found[:MOST_PROBLEMS]:
        # Union tags ("emtm", "span") stand in `loc` but not in what the user wrote.
        path = ".".join(str(part) for part in _user_path(item["loc"]))
        sentence = _sentence(item, subject)
        named = re.match(r"([a-z_][a-z_.0-9]*): ", sentence)
        if item["type"] == "value_error" and named:  # a rule over several fields names the one to change
            path = f"{path}.{named[1]}" if path else named[1]
            sentence = sentence[named.end() :]
        fields.setdefault(path, sentence)
    if len(found) > MOST_PROBLEMS:
        fields.setdefault("", f"There are {len(found) - MOST_PROBLEMS:,} problems more.")
    return SpecError(fields)


_CLASSIFICATION = ("classification", "clips", "streams", "features")
_TAUGHT = ("solo", "multi_teacher", "staged", "mutual", "partition")
_IMAGE_NETS = ("cifar_resnet", "transformers", "timm")
_DENSE = ("segmentation", "saliency", "video_saliency")
_PICTURE_NETS = ("pyramid", "segformer", "upernet")

CHOICES: dict[str, tuple[str, dict[str, tuple[str, ...]]]] = {
    "method": (
        "kind",
        {
            "grounding": ("solo", "emtm", "aggregate"),
            **dict.fromkeys(_CLASSIFICATION, (*_TAUGHT, "self")),
            "classification": (*_TAUGHT, "ensemble", "self"),
            **dict.fromkeys(_DENSE, ("solo", "mutual", "partition", "self")),
        },
    ),
    "aggregator": (
        "kind",
        {
            "grounding": ("uniform", "static", "kau", "kau_plus", "best_single", "medoid", "oracle"),
            **dict.fromkeys(
                _CLASSIFICATION,
                (
                    *("uniform", "entropy", "confidence", "confidence_softmax", "gradient", "static", "kau"),
                    *("meta", "reinforced", "best_single", "oracle"),
                ),
            ),
        },
    ),
    "inner": ("kind", dict.fromkeys(_CLASSIFICATION, ("kd", "dkd", "dist"))),
    "net": (
        "family",
        {
            "grounding": ("span", "map2d", "proposal", "regression"),
            "classification": _IMAGE_NETS,
            "clips": ("frames", "conv3d", "video_transformers"),
            "streams": ("streams",),
            "features": ("sequence",),
            "segmentation": _PICTURE_NETS,
            "saliency": _PICTURE_NETS,
            "video_saliency": ("space_time", "conv3d_maps", *_PICTURE_NETS),
        },
    ),
    "backbone": ("family", dict.fromkeys(("clips", *_DENSE), _IMAGE_NETS)),
    "input": ("kind", {"video_saliency": ("film", "picture")}),
    **dict.fromkeys(("iframe", "motion", "residual"), ("family", {"streams": _IMAGE_NETS})),
}
"""Keys under which one of several kinds stands: by which key it is told, and the kinds of each subject."""

_WANTED = {
    "int": "a whole number",
    "float": "a number",
    "finite": "a number that is finite",
    "bool": "true or false",
    "string": "text",
    "list": "a list",
    "tuple": "a list",
    "dict": "a mapping of keys to values",
    "model": "a mapping of keys to values",
}
"""By the first word of pydantic's name for the refusal."""


_TAGS: dict[str | int, set[str]] = {
    key: {kind for kinds in by_task.values() for kind in kinds} for key, (_, by_task) in CHOICES.items()
}


def _user_path(loc: tuple[int | str, ...]) -> list[int | str]:
    path: list[int | str] = []
    for place, part in enumerate(loc):
        # A tag stands right behind its key: what follows may be a field that is named as another kind is.
        if place and part in _TAGS.get(loc[place - 1], ()):
            continue
        path.append(part)
    return path


def _sentence(item: Any, subject: str) -> str:
    kind, message = item["type"], item["msg"]
    given = _short(item.get("input"))
    if kind == "extra_forbidden":
        return "this key is not known here; remove it or check its spelling."
    if kind == "missing":
        return "this key is required and was not given."
    if kind == "value_error":
        text = str(item.get("ctx", {}).get("error", message))
        return text if text.endswith(".") else text + "."
    if accepted := _accepted(item, subject):
        return f"given {given}, accepted is {accepted}."
    return f"given {given}, but {message[0].lower()}{message[1:]}."


def _accepted(item: Any, subject: str) -> str:
    """What would be taken instead, as far as pydantic's report tells; else nothing."""
    kind, context = item["type"], item.get("ctx", {})
    place = next((str(part) for part in reversed(item["loc"]) if part in CHOICES), None)
    if place is not None and (kind.startswith("union_tag") or item["loc"][-1] == place):
        tag, by_subject = CHOICES[place]
        kinds = by_subject.get(
            subject, () if subject == "grounding" else by_subject.get("classification", ())
        )
        if kinds:
            return f"a mapping such as {{{tag}: {kinds[0]}}}, with {tag} one of {', '.join(map(repr, kinds))}"
    for limit, words in LIMITS.items():
        if limit in context and kind in _BEYOND:
            return words.format(context[limit])
    if kind == "literal_error":
        return str(context["expected"])
    if kind.endswith(("_type", "_parsing", "_from_float", "_number")):
        return _WANTED.get(kind.split("_")[0], "")
    return ""


_repr = reprlib.Repr()
_repr.maxstring = _repr.maxother = 80


def _short(value: Any) -> str:
    text = _repr.repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
