"""The generated world of clips as a dataset folder: a shape that moves over a picture; both together are the class.

videos:   SPLIT/CLASS/NAME.mp4 and sources.csv: what cannot be told from one frame is how the shape moves, and what
          cannot be told from motion alone is which shape it is: experts of streams know a part each.
features: features.npz with a row for every frame: shape, place and motion behind a fixed random map, with noise
Clips of one source share their picture; no source is in two splits.
Shape suffixes: N clips, T frames, H and W pixels, D features.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.errors import DataError
from mtkd_engine.data.labelled.classes import SOURCES
from mtkd_engine.data.sealing.folder import new_folder
from mtkd_engine.data.split import SPLITS

SHAPES = ("disc", "square")
MOTIONS = {"right": (1.0, 0.0), "down": (0.0, 1.0), "still": (0.0, 0.0)}
CLASSES = tuple(f"{shape}-{motion}" for shape in SHAPES for motion in MOTIONS)
FORMS = ("videos", "features")
WIDTH, HEIGHT, RATE = 96, 72, 12
RADIUS = 12
SPEED = 1.6
"""Pixels a frame."""
FEATURES = 32
PER_SOURCE = 3
_FACTORS = 6


@dataclass(frozen=True)
class ClipsPerSplit:
    """How many clips each split gets."""

    train: int = 180
    val: int = 60
    test: int = 120


@dataclass(frozen=True)
class _Scene:
    """One clip before it is drawn."""

    name: str
    source: str
    label: int
    start: tuple[float, float]
    colour: NDArray[np.float64]
    picture: int

    @property
    def shape(self) -> str:
        return SHAPES[self.label // len(MOTIONS)]

    @property
    def motion(self) -> tuple[float, float]:
        return list(MOTIONS.values())[self.label % len(MOTIONS)]


def make_clips(
    out: Path,
    *,
    clips: ClipsPerSplit = ClipsPerSplit(),
    frames: int = 24,
    difficulty: float = 0.5,
    seed: int = 7,
    form: str = "videos",
) -> dict[str, Any]:
    """This will write labelled clips into the new folder `out` and report on them; all or nothing is written.

    The higher `difficulty` (0 to 1), the more noise there is. The same arguments give the same scenes. Raises
    DataError for arguments out of range and for a folder that is there.
    """
    _refuse_odd(frames=frames, difficulty=difficulty, form=form, seed=seed)
    with new_folder(out) as folder:
        scenes = {
            split: list(_scenes(split, asdict(clips)[split], np.random.default_rng([seed, number])))
            for number, split in enumerate(SPLITS)
        }
        random = np.random.default_rng([seed, len(SPLITS)])
        write = _write_videos if form == "videos" else _write_features
        write(folder, scenes, frames=frames, difficulty=difficulty, random=random)
    return {
        "task": "classification",
        "seed": seed,
        "form": form,
        "frames": frames,
        "difficulty": difficulty,
        "classes": list(CLASSES),
        "splits": asdict(clips),
    }


def _refuse_odd(*, frames: int, difficulty: float, form: str, seed: int) -> None:
    if not 2 <= frames <= 300:
        raise DataError(f"frames: given {frames}, accepted are 2 to 300.")
    if not 0 <= difficulty <= 1:
        raise DataError(f"difficulty: given {difficulty}, accepted is a number from 0 to 1.")
    if form not in FORMS:
        raise DataError(f"form: given {form!r}, accepted are {', '.join(FORMS)}.")
    if seed < 0:
        raise DataError(f"seed is {seed}; 0 or a larger whole number is accepted.")


def _scenes(split: str, count: int, random: np.random.Generator) -> Iterator[_Scene]:
    pictures = random.integers(2**31, size=count)
    for number in range(count):
        source = number // PER_SOURCE
        yield _Scene(
            name=f"{split}-{number:05d}",
            source=f"{split}-film-{source:04d}",
            label=number % len(CLASSES),
            start=(float(random.uniform(18, 40)), float(random.uniform(16, 26))),
            colour=random.uniform(80, 255, size=3),
            picture=int(pictures[source]),
        )


def _write_videos(
    folder: Path,
    scenes: dict[str, list[_Scene]],
    *,
    frames: int,
    difficulty: float,
    random: np.random.Generator,
) -> None:
    for split, several in scenes.items():
        for scene in several:
            target = folder / split / CLASSES[scene.label] / f"{scene.name}.mp4"
            target.parent.mkdir(parents=True, exist_ok=True)
            encode(target, _drawn(scene, frames=frames, noise=24 * difficulty, random=random))
    rows = [
        f"{split}/{CLASSES[scene.label]}/{scene.name}.mp4,{scene.source}"
        for split, several in scenes.items()
        for scene in several
    ]
    (folder / SOURCES).write_text("\n".join(["id,source", *rows, ""]), encoding="utf-8")


def _drawn(
    scene: _Scene, *, frames: int, noise: float, random: np.random.Generator
) -> Iterator[NDArray[np.uint8]]:
    """The frames (H, W, 3): a soft picture, a patterned shape on it, noise of its own in every frame."""
    picture_HWC = _picture(np.random.default_rng(scene.picture))
    rows_HW, columns_HW = np.mgrid[:HEIGHT, :WIDTH].astype(np.float64)
    for number in range(frames):
        x, y = (
            at + SPEED * number * step * 24 / frames
            for at, step in zip(scene.start, scene.motion, strict=True)
        )
        across_HW, down_HW = columns_HW - x, rows_HW - y
        far_HW = (
            np.hypot(across_HW, down_HW)
            if scene.shape == "disc"
            else np.maximum(abs(across_HW), abs(down_HW))
        )
        pattern_HW = 0.75 + 0.25 * np.sin(across_HW) * np.sin(down_HW)  # moves with the shape
        shown_HWC = np.where(
            (far_HW <= RADIUS)[:, :, None], scene.colour * pattern_HW[:, :, None], picture_HWC
        )
        shown_HWC = shown_HWC + random.normal(0, noise, size=(HEIGHT, WIDTH, 1))
        yield np.clip(shown_HWC, 0, 255).astype(np.uint8)


def _picture(random: np.random.Generator) -> NDArray[np.float64]:
    """A soft picture (H, W, 3), 40 to 160."""
    rows_HW, columns_HW = np.mgrid[:HEIGHT, :WIDTH].astype(np.float64)
    waves = np.zeros((HEIGHT, WIDTH, 3))
    for _ in range(4):
        across, down, phase = random.uniform(-0.25, 0.25), random.uniform(-0.25, 0.25), random.uniform(0, 6)
        waves += np.sin(across * columns_HW + down * rows_HW + phase)[:, :, None] * random.uniform(0, 1, 3)
    return 100 + 15 * waves


def encode(path: Path, frames: Iterator[NDArray[np.uint8]]) -> None:
    """This will write frames (HEIGHT, WIDTH, 3) as a video of RATE frames a second."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"preset": "ultrafast", "crf": "18"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.thread_count = 1
        for number, pixels_HWC in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(pixels_HWC, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _write_features(
    folder: Path,
    scenes: dict[str, list[_Scene]],
    *,
    frames: int,
    difficulty: float,
    random: np.random.Generator,
) -> None:
    listed = [(split, scene) for split, several in scenes.items() for scene in several]
    map_FD = random.normal(0, 1, size=(_FACTORS, FEATURES))
    values = np.empty((len(listed), frames, FEATURES), np.float32)
    for place, (_, scene) in enumerate(listed):
        moved_T = SPEED * np.arange(frames) / 24
        x_T, y_T = (at / 24 - 1 + step * moved_T for at, step in zip(scene.start, scene.motion, strict=True))
        is_disc = 1.0 if scene.shape == "disc" else -1.0
        picture = np.random.default_rng(scene.picture).normal(0, 0.5, size=2)
        factors_TF = np.stack(
            [np.full(frames, is_disc), x_T, y_T, *(np.full(frames, one) for one in picture)], axis=1
        )
        factors_TF = np.concatenate([factors_TF, random.normal(0, 1, size=(frames, 1))], axis=1)
        noise_TD = random.normal(0, 2.0 * difficulty, size=(frames, FEATURES))
        values[place] = np.tanh(0.5 * factors_TF @ map_FD) + noise_TD
    np.savez_compressed(
        folder / "features.npz",
        features=values,
        labels=np.array([scene.label for _, scene in listed]),
        classes=np.array(CLASSES),
        split=np.array([split for split, _ in listed]),
        video=np.array([scene.name for _, scene in listed]),
        source=np.array([scene.source for _, scene in listed]),
    )
