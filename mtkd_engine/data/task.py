"""Of which task a dataset is, told before it is read."""

from __future__ import annotations

from pathlib import Path

from mtkd_engine.data.images.finding import holds_images, home
from mtkd_engine.data.jsonfile import read_json_object
from mtkd_engine.data.manifest import FILE


def task_of(path: Path) -> str:
    """This will say "grounding" or "classification": what dataset.json states, else by what lies there.

    What is neither counts as grounding, whose reader says what is missing. Raises DataError for a broken
    dataset.json.
    """
    place = home(Path(path))
    if (place / FILE).is_file():
        return str(read_json_object(place / FILE).get("task", "grounding"))
    return "classification" if place.exists() and holds_images((place,)) else "grounding"
