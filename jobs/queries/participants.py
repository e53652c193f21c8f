"""What a result says of models that teach each other: who took part, who learned, which files it left of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

METHODS = frozenset({"mutual", "partition"})
"""Those in which registered models take part, and no new student is built."""
MODEL, SAMPLES, PROBABILITIES = "model", "samples", "probabilities"
"""Kinds of files of a participant."""
_TEST = "test/"


@dataclass(frozen=True, kw_only=True)
class Participant:
    """One model: whether it learned, its files by kind, and all that is told of it."""

    name: str
    learns: bool
    files: Mapping[str, str]
    told: Mapping[str, Any]


def is_between_models(spec: Mapping[str, Any]) -> bool:
    """This will tell whether a plain spec lets registered models teach each other."""
    return (spec.get("method") or {}).get("kind") in METHODS


def participants_of(result: Mapping[str, Any] | None) -> tuple[Participant, ...]:
    """This will list who took part, in the order of the spec; nobody for the result of any other job."""
    listed = (result or {}).get("participants")
    return tuple(
        Participant(
            name=str(one["name"]),
            learns=bool(one.get("learns")),
            files={
                str(kind): str(name)
                for kind, name in mapping(one.get("files")).items()
                if isinstance(name, str)
            },
            told=one,
        )
        for one in (listed if isinstance(listed, list) else ())
        if isinstance(one, Mapping) and one.get("name")
    )


def learners_of(result: Mapping[str, Any] | None) -> tuple[Participant, ...]:
    """This will list those that learned."""
    return tuple(one for one in participants_of(result) if one.learns)


def inspected(result: Mapping[str, Any] | None, name: str = "") -> Participant | None:
    """This will find the participant of a name whose samples can be looked at, the first one that learned unless given.

    None where there is no such one.
    """
    known = [one for one in participants_of(result) if SAMPLES in one.files]
    chosen = sorted(known, key=lambda one: not one.learns)
    return next((one for one in chosen if name in {"", one.name}), None)


def metrics_of(result: Mapping[str, Any] | None) -> dict[str, Any]:
    """This will give the metrics of a result on test, by their bare names; of several learners they are means."""
    found = mapping((result or {}).get("metrics"))
    return {str(name).removeprefix(_TEST): value for name, value in found.items()}


def mapping(value: object) -> Mapping[str, Any]:
    """This will give a mapping as it is, and an empty one for anything else that a result may hold."""
    return value if isinstance(value, Mapping) else {}
