"""YAML and JSON text from strangers into plain data, within bounds of size, depth and time; torch-free."""

from __future__ import annotations

import json
from typing import Any

import yaml

LARGEST_TEXT = 256 * 1024  # a hundred times a long spec
DEEPEST = 20


class TextError(ValueError):
    """The text cannot be read as data; one sentence."""


def read_yaml(text: str) -> Any:
    """This will read one YAML document into plain data; raises TextError.

    Anchors are refused (a few lines of them stand for terabytes), and so are repeated keys.
    """
    _bounded(text)
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" in line {mark.line + 1}" if mark is not None else ""
        raise TextError(f"This is not readable YAML{where}: {_last_words(error.problem)}.") from None
    except yaml.reader.ReaderError as error:
        raise TextError(
            f"This is not readable YAML: character {error.position + 1} is a control character."
        ) from None
    except (ValueError, TypeError, LookupError, AttributeError, yaml.YAMLError) as error:
        # A date of month 13, a number of 5,000 digits, a tag on what it does not fit.
        raise TextError(f"This is not readable YAML: {_last_words(error)}.") from None


def read_json(text: str) -> Any:
    """This will read JSON into plain data; raises TextError, also for NaN and for a key given twice."""
    _bounded(text)
    try:
        return json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_once)
    except RecursionError:
        raise TextError("This is not readable JSON: it is nested too deeply.") from None
    except ValueError as error:
        raise TextError(f"This is not readable JSON: {_last_words(error)}.") from None


class _Loader(yaml.SafeLoader):
    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _refusal("anchors and aliases are not accepted; write the value out", event)
        if self.depth >= DEEPEST:
            raise _refusal(f"it is nested more than {DEEPEST} levels deep", event)
        self.depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise _refusal(f"the key {key.value!r} is given twice", key)
                seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def _refusal(problem: str, at: Any) -> yaml.MarkedYAMLError:
    return yaml.constructor.ConstructorError(problem=problem, problem_mark=at.start_mark)


def _bounded(text: str) -> None:
    if len(text) > LARGEST_TEXT:
        raise TextError(f"This text has {len(text):,} characters; up to {LARGEST_TEXT:,} are accepted.")


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number that JSON knows")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key[:60]!r} is given twice")
        found[key] = value
    return found


def _last_words(error: object) -> str:
    return (" ".join(str(error).split("; use sys.")[0].split())[:200] or "it cannot be read").rstrip(".")
