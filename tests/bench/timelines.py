"""Real sentences on noised action timelines: who does what when, as a detector would tell it once a second.

Every moment of Charades-STA is one of its videos' labelled actions, so timelines with errors stand in for video. What
is found on them is semi-synthetic. The kind of error depends on the action: some detections have wrong ends, some drown
in noise, some tremble, strong every other two seconds where the action is and faint but steady at a place where it is
not, which only a fine clip grid can tell apart. A network's grid and layers decide which of these it sees through.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

CLASSES = 157
KINDS = ("wrong ends", "drowned", "trembling")
MISSED = 0.05
SHIFT_SECONDS = 1.5
DROWNED = 0.7
TREMBLES_SECONDS = 2
STRONG, FAINT = 1.3, 0.65
FALSE_ALARMS = 1.0
HISS = 0.1

Numbers = NDArray[np.float64]
Line = tuple[str, float, float, str]


@dataclass(frozen=True)
class Sizes:
    """How many sentences each split has at most; videos are taken whole."""

    train: int = 4000
    val: int = 1200
    test: int = 10_000


def write_timelines(source: Path, out: Path, *, sizes: Sizes, seed: int = 0) -> None:
    """This will write a dataset folder with annotations of three splits and the features of their videos."""
    actions = json.loads((source / "charades.json").read_text())
    lines = {name: list(_lines(source / f"charades_sta_{name}.txt", actions)) for name in ("train", "test")}
    train, rest = _taken(lines["train"], sizes.train, seed=seed)
    val, _ = _taken(rest, sizes.val, seed=seed + 1)
    test, _ = _taken(lines["test"], sizes.test, seed=seed + 2)
    out.mkdir(parents=True)
    videos: set[str] = set()
    for name, chosen in {"train": train, "val": val, "test": test}.items():
        (out / f"{name}.json").write_text(json.dumps(_annotations(chosen, actions)))
        videos |= {line[0] for line in chosen}
    features = {
        video: timeline(actions[video], seed=zlib.crc32(f"{seed}/{video}".encode()))
        for video in sorted(videos)
    }
    np.savez(out / "features.npz", **features)  # type: ignore[arg-type]


def kinds_of(source: Path) -> dict[tuple[str, float, float], str]:
    """This will say which kind of error befalls the action that lies at (video, start, end)."""
    actions = json.loads((source / "charades.json").read_text())
    return {
        (video, start, min(end, known["duration"])): KINDS[number % len(KINDS)]
        for video, known in actions.items()
        for number, start, end in known["actions"]
    }


def timeline(video: dict[str, Any], *, seed: int) -> NDArray[np.float32]:
    """This will give the (T, 157) detections of a video, one row a second."""
    random = np.random.default_rng(seed)
    rows = max(1, int(np.ceil(video["duration"])))
    seen_TC = np.zeros((rows, CLASSES))
    for number, start, end in video["actions"]:
        shown_T = _shown(KINDS[number % len(KINDS)], (start, end), rows=rows, random=random)
        if random.random() >= MISSED:
            seen_TC[:, number] = np.maximum(seen_TC[:, number], shown_T)
    for number in sorted({number for number, _, _ in video["actions"]}):
        if KINDS[number % len(KINDS)] == "drowned":
            seen_TC[:, number] += DROWNED * random.standard_normal(rows)
    for _ in range(random.poisson(FALSE_ALARMS)):
        begin, long = int(random.integers(rows)), int(random.integers(1, 5))
        seen_TC[begin : begin + long, int(random.integers(CLASSES))] += random.uniform(0.3, 0.8)
    return (seen_TC + HISS * random.standard_normal(seen_TC.shape)).astype(np.float32)


def _shown(kind: str, window: tuple[float, float], *, rows: int, random: np.random.Generator) -> Numbers:
    """What one action leaves on the row of its class, (T,), but for what is added to whole rows."""
    start, end = window
    strength = random.uniform(0.7, 1.0)
    if kind == "wrong ends":
        start += SHIFT_SECONDS * random.standard_normal()
        end = max(start + 0.5, end + SHIFT_SECONDS * random.standard_normal())
    shown_T = strength * _covered(start, end, rows)
    if kind != "trembling":
        return shown_T
    place = random.random() * max(0.0, rows - (end - start))
    is_on_T = (np.arange(rows) // TREMBLES_SECONDS + random.integers(2)) % 2
    faint_T = strength * _covered(place, place + end - start, rows)
    return np.maximum(STRONG * is_on_T * shown_T, FAINT * faint_T)


def _covered(start: float, end: float, rows: int) -> Numbers:
    """The share of each second that lies in a window, (T,)."""
    second_T = np.arange(rows, dtype=np.float64)
    shared_T: Numbers = np.minimum(end, second_T + 1) - np.maximum(start, second_T)
    return shared_T.clip(0.0, 1.0)


def _lines(path: Path, actions: dict[str, Any]) -> Iterator[Line]:
    """What can be asked: moments that begin within their video, each sentence of a moment once."""
    seen: set[Line] = set()
    for text in path.read_text(encoding="utf-8").splitlines():
        place, _, sentence = text.partition("##")
        video, start, end = place.split()
        line = (video, float(start), min(float(end), actions[video]["duration"]), sentence.strip())
        if line[1] < line[2] and line not in seen:
            seen.add(line)
            yield line


def _taken(lines: list[Line], most: int, *, seed: int) -> tuple[list[Line], list[Line]]:
    """Lines of whole videos in a fixed random order, until there are `most`; and all others."""
    videos = sorted({line[0] for line in lines})
    np.random.default_rng(seed).shuffle(videos)
    by_video: dict[str, list[Line]] = {video: [] for video in videos}
    for line in lines:
        by_video[line[0]].append(line)
    taken: list[Line] = []
    rest: list[Line] = []
    for video in videos:
        (taken if len(taken) < most else rest).extend(by_video[video])
    return taken, rest


def _annotations(lines: list[Line], actions: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for video, start, end, sentence in lines:
        known = found.setdefault(
            video, {"duration": actions[video]["duration"], "timestamps": [], "sentences": []}
        )
        known["timestamps"].append([start, end])
        known["sentences"].append(sentence)
    return found
