"""Points in the body of a request, as JSON or as bytes; all of them become arrays at once.

JSON: {"offset": 0, "metrics": {"loss": {"steps": [0, 1], "values": [1.5, "NaN"], "times": [1763650000000, ...]}}};
`offset` and `times` (ms since 1970) may be left out, and values that are not finite are the strings NaN, Infinity
and -Infinity.

Bytes: one line of JSON, {"offset": 0, "metrics": [{"name": "loss", "points": 2, "times": true}]}, then for each metric
in that order its steps as uint32, its values as float64 and, where announced, its times as int64; little-endian,
one array behind the other, nothing between them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import IO, Any, NoReturn, TypeVar

import numpy as np
from numpy.typing import NDArray
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError, ValidationError
from rest_framework.parsers import BaseParser

from jobs.operations.posting import MOST_METRICS, Posted

LARGEST_BODY = 32 * 2**20
_KEYS, _METRIC_KEYS, _HEADER_KEYS = (
    {"offset", "metrics"},
    {"steps", "values", "times"},
    {"name", "points", "times"},
)
_WORDS = {"NaN": np.nan, "Infinity": np.inf, "-Infinity": -np.inf}
_LAST_OFFSET = 2**62

Array = TypeVar("Array")


@dataclass(frozen=True)
class Batch:
    """What a body holds."""

    points: dict[str, Posted]
    offset: int | None


class TooMuchError(APIException):
    """A body is larger than one batch may be."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = f"The body is too large; up to {LARGEST_BODY:,} bytes of points are accepted at once."


class JsonPoints(BaseParser):
    """Reads points as `application/json`."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """This will return the batch, or refuse what is none with a sentence for each metric."""
        body = _loaded(_read(stream))
        _refuse_unknown("", body, _KEYS)
        metrics = body.get("metrics", {})
        if not isinstance(metrics, dict):
            raise ValidationError({"metrics": "accepted is a mapping of names to steps and values."})
        points, fields = {}, dict[str, str]()
        for name, given in metrics.items():
            try:
                points[name] = _posted(given)
            except ValueError as error:
                fields[f"metrics.{name[:80]}"] = str(error)
        if fields:
            raise ValidationError(dict(list(fields.items())[:20]))
        return Batch(points, _offset(body))


class BinaryPoints(BaseParser):
    """Reads points as `application/octet-stream`."""

    media_type = "application/octet-stream"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """This will return the batch, or refuse what is none."""
        line, _, arrays = _read(stream).partition(b"\n")
        header = _loaded(line)
        _refuse_unknown("", header, _KEYS)
        listed = header.get("metrics", [])
        if not isinstance(listed, list) or len(listed) > MOST_METRICS or not all(map(_is_announced, listed)):
            raise ValidationError(
                {"metrics": f"accepted are at most {MOST_METRICS} of {{name, points, times}}."}
            )
        sizes = [item["points"] * (20 if item.get("times") else 12) for item in listed]
        if sum(sizes) != len(arrays):
            raise ParseError(f"The header announces {sum(sizes)} bytes of arrays, but {len(arrays)} come.")
        points: dict[str, Posted] = {}
        at = 0
        for item, size in zip(listed, sizes, strict=True):
            if item["name"] in points:
                raise ValidationError({f"metrics.{item['name'][:80]}": "it comes twice."})
            points[item["name"]] = _from_bytes(arrays, at, item["points"], has_times=bool(item.get("times")))
            at += size
        return Batch(points, _offset(header))


def _read(stream: IO[Any]) -> bytes:
    body: bytes = stream.read(LARGEST_BODY + 1)
    if len(body) > LARGEST_BODY:
        raise TooMuchError
    return body


def _loaded(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_once)
    except RecursionError:
        raise ParseError("This is not readable JSON: it is nested too deeply.") from None
    except ValueError as error:
        raise ParseError(f"This is not readable JSON: {error}.") from None
    if not isinstance(found, dict):
        raise ParseError("The body must be a mapping with the keys offset and metrics.")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f'{name} is no number in JSON; accepted is the string "{name}"')


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key comes twice")
    return found


def _refuse_unknown(path: str, given: Mapping[str, Any], accepted: set[str]) -> None:
    unknown = sorted(set(given) - accepted)
    if unknown:
        words = f"there is no such field; accepted are {', '.join(sorted(accepted))}."
        raise ValidationError(dict.fromkeys((f"{path}{name[:80]}" for name in unknown[:20]), words))


def _offset(given: Mapping[str, Any]) -> int | None:
    offset = given.get("offset")
    if offset is not None and (type(offset) is not int or not 0 <= offset <= _LAST_OFFSET):
        raise ValidationError({"offset": "accepted is the number of points that the job has, or nothing."})
    return offset


def _is_announced(item: Any) -> bool:
    return (
        isinstance(item, dict)
        and set(item) <= _HEADER_KEYS
        and isinstance(item.get("name"), str)
        and type(item.get("points")) is int
        and 0 <= item["points"] <= LARGEST_BODY
        and isinstance(item.get("times", False), bool)
    )


def _from_bytes(arrays: bytes, at: int, count: int, *, has_times: bool) -> Posted:
    steps = np.frombuffer(arrays, "<u4", count, at).astype(np.int64)
    values = np.frombuffer(arrays, "<f8", count, at + 4 * count)
    times = np.frombuffer(arrays, "<i8", count, at + 12 * count) if has_times else None
    return Posted(steps, values, times)


def _posted(given: Any) -> Posted:
    if not isinstance(given, dict) or not {"steps", "values"} <= set(given) <= _METRIC_KEYS:
        raise ValueError("accepted are steps and values, and times where they are known.")
    times = given.get("times")
    return Posted(
        steps=_array("steps", given["steps"], _whole),
        values=_array("values", given["values"], _numbers),
        times_ms=None if times is None else _array("times", times, _whole),
    )


def _array(what: str, given: Any, of: Callable[[str, list[Any]], Array]) -> Array:
    if not isinstance(given, list):
        raise ValueError(f"{what} must be a list.")
    return of(what, given)


def _plain(given: list[Any]) -> NDArray[Any] | None:
    """The array of a list of nothing but numbers."""
    try:
        found = np.array(given)
    except (ValueError, OverflowError):
        return None
    return found if found.ndim == 1 and (found.dtype.kind in "if" or not len(found)) else None


def _whole(what: str, given: list[Any]) -> NDArray[np.int64]:
    found = _plain(given)
    if found is not None and found.dtype.kind == "f" and np.all(np.abs(found) < 2**53):
        found = found.astype(np.int64) if np.array_equal(found, np.rint(found)) else None
    if found is None or (len(found) and found.dtype.kind != "i"):
        raise ValueError(f"{what} must be whole numbers.")
    return found.astype(np.int64)


def _numbers(what: str, given: list[Any]) -> NDArray[np.float64]:
    found = _plain(given)
    if found is None:
        try:
            words = [_WORDS[item] if isinstance(item, str) else item for item in given]
        except KeyError as error:
            raise ValueError(
                f"{what} must be numbers, or the strings NaN, Infinity, -Infinity, not {error}."
            ) from None
        found = _plain(words)
    if found is None:
        raise ValueError(f"{what} must be numbers, or the strings NaN, Infinity, -Infinity.")
    return found.astype(np.float64)
