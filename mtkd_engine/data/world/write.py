"""The world as a dataset folder with videos and truth beside it.

dataset.json, train.json, val.json, test.json, features.npz    the dataset (see mtkd_engine.data)
videos/VIDEO.mp4                                               the films the features come from
world.json                                                     actors, deeds and queries of each video
truth/VIDEO.npz   masks uint8 (T, H, W): 0 ground, 1 + index actors; action uint8 (T,): 0 nobody acts,
                  1 + index into the actions; gaze float32 (T, viewers, 2): x, y in pixels
"""

import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.errors import DataError
from mtkd_engine.data.manifest import FORMAT
from mtkd_engine.data.split import SPLITS
from mtkd_engine.data.world.cast import ACTIONS, Script
from mtkd_engine.data.world.encoder import encode
from mtkd_engine.data.world.film import read_film, write_film
from mtkd_engine.data.world.gaze import watch
from mtkd_engine.data.world.render import render
from mtkd_engine.data.world.script import FPS, SIZE, make_script


@dataclass(frozen=True)
class VideosPerSplit:
    """How many videos each split gets."""

    train: int = 240
    val: int = 40
    test: int = 80

    @classmethod
    def of(cls, total: int) -> "VideosPerSplit":
        """Share a total as the defaults do: two thirds, a ninth, and the rest for the test."""
        train, val = total * 2 // 3, max(1, total // 9)
        return cls(train=train, val=val, test=total - train - val)


def make_world(
    out: Path,
    *,
    videos: VideosPerSplit | int = VideosPerSplit(),
    seed: int = 7,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Generate a world into the new folder `out` and report on it; all or nothing is written.

    `progress` is called with (videos done, videos in all). The same seed gives the same scripts,
    sentences and features, and a video of a split does not depend on how many others there are.
    """
    counts = VideosPerSplit.of(videos) if isinstance(videos, int) else videos
    if min(asdict(counts).values()) < 1:
        raise DataError(f"videos is {asdict(counts)}; at least one video for each split is accepted.")
    if seed < 0:
        raise DataError(f"seed is {seed}; 0 or a larger whole number is accepted.")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise DataError(f"{out} already holds something; a new or empty folder is accepted.")
    out.parent.mkdir(parents=True, exist_ok=True)
    half_made = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        report = _fill(half_made, counts=asdict(counts), seed=seed, progress=progress)
        half_made.chmod(0o755)
        half_made.replace(out)
    except BaseException:
        shutil.rmtree(half_made, ignore_errors=True)
        raise
    return report


def scripts_of(split: str, *, count: int, seed: int) -> dict[str, Script]:
    """Draw the scripts of a split by video id, without any pixels."""
    part = SPLITS.index(split)
    return {
        f"world{seed}_{split}_{index:04d}": make_script(np.random.default_rng([seed, part, index]))
        for index in range(count)
    }


def _fill(
    out: Path, *, counts: dict[str, int], seed: int, progress: Callable[[int, int], None] | None
) -> dict[str, Any]:
    (out / "videos").mkdir()
    (out / "truth").mkdir()
    splits = {split: scripts_of(split, count=counts[split], seed=seed) for split in SPLITS}
    features: dict[str, NDArray[np.float16]] = {}
    for part, scripts in enumerate(splits.values()):
        for index, (video, script) in enumerate(scripts.items()):
            rng = np.random.default_rng([seed, part, index, 1])
            features[video] = _film(out, video, script, rng)
            if progress:
                progress(len(features), sum(counts.values()))
    np.savez(out / "features.npz", allow_pickle=False, **features)
    for split, scripts in splits.items():
        _write_json(out / f"{split}.json", {video: annotation(script) for video, script in scripts.items()})
    _write_json(out / "dataset.json", _manifest(seed))
    everything = {video: script for scripts in splits.values() for video, script in scripts.items()}
    _write_json(out / "world.json", _truth(everything, seed))
    queries = [query for script in everything.values() for query in script.queries]
    return {
        "videos": counts,
        "queries": {
            split: sum(len(s.queries) for s in scripts.values()) for split, scripts in splits.items()
        },
        "order_words_matter": sum(query.other is not None for query in queries) / len(queries),
        "feature_width": next(iter(features.values())).shape[1],
        "seed": seed,
    }


def _film(out: Path, video: str, script: Script, rng: np.random.Generator) -> NDArray[np.float16]:
    frames, masks = render(script, rng)
    path = out / "videos" / f"{video}.mp4"
    write_film(path, frames, fps=FPS)
    action = np.zeros(script.frames, np.uint8)
    for deed in script.deeds:
        action[deed.first : deed.last] = 1 + ACTIONS.index(deed.action)
    np.savez_compressed(out / "truth" / f"{video}.npz", masks=masks, action=action, gaze=watch(script, rng))
    return encode(read_film(path))


def annotation(script: Script) -> dict[str, Any]:
    """Give a script's entry in an annotation file in the form of ActivityNet Captions."""
    return {
        "duration": script.frames / FPS,
        "timestamps": [_window(script, query.deed) for query in script.queries],
        "sentences": [query.sentence for query in script.queries],
    }


def _window(script: Script, deed: int) -> list[float]:
    return [script.deeds[deed].first / FPS, script.deeds[deed].last / FPS]


def _manifest(seed: int) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "task": "grounding",
        "name": f"world {seed}",
        "annotations": {split: f"{split}.json" for split in SPLITS},
        "annotation_format": "activitynet",
        "features": "features.npz",
    }


def _truth(scripts: dict[str, Script], seed: int) -> dict[str, Any]:
    return {
        "format": "mtkd.world/1",
        "seed": seed,
        "fps": FPS,
        "size": SIZE,
        "actions": list(ACTIONS),
        "videos": {video: asdict(script) for video, script in scripts.items()},
    }


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
