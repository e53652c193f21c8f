"""Real sentences on noised action timelines: who does what when, as a detector would tell it once a second.

Every moment of Charades-STA is one of its videos' labelled actions, so timelines with errors stand in for video. What
is found on them is semi-synthetic. The kind of error depends on the action: some detections have wrong ends, some have
holes, some fire for another action too; a network's grid and layers decide which of these it sees through.
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
KINDS = ("wrong ends", "holes", "confused")
MISSED = 0.05
SHIFT_SECONDS = 1.5
HOLES = 0.55
CONFUSED = 0.6
FALSE_ALARMS = 2.0
HISS = 0.15

Line = tuple[str, float, float, str]


@dataclass(frozen=True)
class Sizes:
    """How many sentences each split has at most; videos are taken whole."""

    train: int = 4000
    val: int = 600
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
    second_T = np.arange(rows, dtype=np.float64)
    seen_TC = np.zeros((rows, CLASSES))
    for number, start, end in video["actions"]:
        strength, is_missed = random.uniform(0.7, 1.0), random.random() < MISSED
        early, late = SHIFT_SECONDS * random.standard_normal(2)
        kept_T, other = random.random(rows) >= HOLES, int(random.integers(CLASSES))
        is_confused = random.random() < CONFUSED
        if is_missed:
            continue
        kind = KINDS[number % len(KINDS)]
        ends = (start + early, max(start + early + 0.5, end + late)) if kind == "wrong ends" else (start, end)
        shared_T = np.minimum(ends[1], second_T + 1) - np.maximum(ends[0], second_T)
        covered_T = strength * np.clip(shared_T, 0, 1)
        if kind == "holes":
            covered_T = covered_T * kept_T
        if kind == "confused" and is_confused:
            seen_TC[:, other] = np.maximum(seen_TC[:, other], covered_T)
            covered_T = 0.5 * covered_T
        seen_TC[:, number] = np.maximum(seen_TC[:, number], covered_T)
    for _ in range(random.poisson(FALSE_ALARMS)):
        begin, long = int(random.integers(rows)), int(random.integers(1, 5))
        seen_TC[begin : begin + long, int(random.integers(CLASSES))] += random.uniform(0.3, 0.8)
    return (seen_TC + HISS * random.standard_normal(seen_TC.shape)).astype(np.float32)


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
