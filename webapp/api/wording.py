"""Refusals of a field in our own words: what was given, what is accepted."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

_LONGEST_SHOWN = 80
_KINDS: tuple[tuple[type[Any], str], ...] = (
    (serializers.BooleanField, "true or false"),
    (serializers.IntegerField, "a whole number"),
    (serializers.FloatField, "a number"),
    (serializers.DictField, "a mapping of keys to values"),
    (serializers.ListField, "a list"),
    (serializers.SlugField, "letters, digits, - and _"),
    (serializers.CharField, "text that is not empty"),
)


def reworded(field: serializers.Field[Any, Any, Any, Any], given: Any, said: Any) -> Any:
    """This will put what the framework says of one field of a body into a sentence; other words are kept."""
    code = getattr(said[0], "code", "") if isinstance(said, list) and said else ""
    if code == "required":
        return ["it is required and was not given."]
    if code == "invalid_choice" and isinstance(field, serializers.ChoiceField):
        return [f"given {_shown(given)}, accepted is one of {', '.join(map(str, field.choices))}."]
    if code == "max_length":
        most = getattr(field, "max_length", None) or 0
        return [f"given {len(given):,} characters or items, accepted are at most {most:,}."]
    if code in {"invalid", "null", "blank", "not_a_list", "not_a_dict"} and _is_the_frameworks(said[0]):
        accepted = next((words for kind, words in _KINDS if isinstance(field, kind)), "")
        return [f"given {_shown(given)}, accepted is {accepted}."] if accepted else said
    if code and str(said[0]).startswith("accepted "):
        return [f"given {_shown(given)}, {said[0]}"]
    return said


def _is_the_frameworks(said: Any) -> bool:
    return str(said).startswith(("Must be", "This field", "Expected", "Not a", "A valid", "Enter a valid"))


def _shown(given: Any) -> str:
    text = "nothing" if given is None else repr(given)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
