"""JSON files from outside, read strictly."""

import json
from pathlib import Path

from mtkd_engine.data.errors import DataError, shown


def read_json_object(path: Path) -> dict[str, object]:
    """Read a JSON object, refusing repeated keys and anything but an object at the top (DataError)."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_without_repeats)
    except _RepeatedKeyError as error:
        raise DataError(f"{path.name}: the key {error} appears twice; each key may appear once.") from None
    except OSError as error:
        raise DataError(f"{path.name} cannot be read ({error.strerror}).") from None
    except (ValueError, RecursionError) as error:
        detail = " ".join(str(error).split())
        raise DataError(f"{path.name} is not valid JSON ({detail}).") from None
    if not isinstance(content, dict):
        raise DataError(f"{path.name} holds {shown(content)} at the top; a JSON object is accepted.")
    return content


class _RepeatedKeyError(Exception):
    pass


def _without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    content: dict[str, object] = {}
    for key, value in pairs:
        if key in content:
            raise _RepeatedKeyError(shown(key))
        content[key] = value
    return content
