"""Which format an annotation file has, told from its beginning, and which split its name tells."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

from mtkd_engine.data.durations import duration_columns

SUFFIXES = (".json", ".jsonl", ".txt", ".csv")
DURATIONS = "durations"
_HEAD = 2**20
_SPLITS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "val_1": "val",
    "val_2": "test",
    "test": "test",
    "testing": "test",
}
_SPLIT = re.compile(r"(?:^|[_.\-])(training|train|validation|valid|val_1|val_2|val|testing|test)(?=$|[_.\-])")
_FIRST_KEY = re.compile(r'\s*\{\s*"(?:[^"\\]|\\.)*"\s*:\s*')
_KEY = re.compile(r'"(timestamps|sentences|fps|num_frames|duration|query|vid)"\s*:')
_CHARADES = re.compile(r"\S+\s+\S+\s+\S+\s*##")


def split_of(path: Path) -> str | None:
    """This will give the split that the name of a file tells: charades_sta_train.txt, val_2.json (a test) ..."""
    found = _SPLIT.findall(path.name.lower().removesuffix(path.suffix.lower()))
    return _SPLITS[found[-1]] if found else None


def split_named(name: str) -> str | None:
    """This will give the split that a name stands for as a whole: training, valid ..., None for another name."""
    return _SPLITS.get(name.strip().lower())


def format_of(path: Path) -> str | None:
    """This will give the name of a reader, "durations", or nothing where the beginning tells neither."""
    with path.open("rb") as stream:
        head = stream.read(_HEAD).decode("utf-8", errors="replace").removeprefix("\ufeff")
    if path.suffix.lower() == ".csv":
        header = next(csv.reader([head.partition("\n")[0].strip()]), [])
        return DURATIONS if duration_columns(header) else None
    text = head.lstrip()
    if text.startswith("{"):
        return _of_json(text, suffix=path.suffix.lower())
    return "charades_sta" if _CHARADES.match(text.partition("\n")[0]) else None


def _of_json(text: str, *, suffix: str) -> str | None:
    line = text.partition("\n")[0]
    if {"query", "vid"} <= _keys(line):
        return "qvhighlights"
    first = _FIRST_KEY.match(text)
    if first is None:
        return "activitynet" if suffix == ".json" else None  # empty or broken: its reader says how
    value = _value(text, first.end())
    keys = _keys(text[first.end() :]) if value is None else set(value) if isinstance(value, dict) else set()
    if keys & {"timestamps", "sentences"}:
        return "tacos" if keys & {"fps", "num_frames"} else "activitynet"
    is_number = isinstance(value, int | float)
    if suffix == ".json" and ("duration" in keys or is_number):
        return DURATIONS
    return None


def _value(text: str, at: int) -> object:
    try:
        value: object = json.JSONDecoder().raw_decode(text, at)[0]
    except (ValueError, RecursionError):
        return None
    return value


def _keys(text: str) -> set[str]:
    return set(_KEY.findall(text))
