"""Clips that are lines of text, and an ingest that believes them: for what is not about videos."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from mtkd_engine.data.clips import ingesting, previews
from mtkd_engine.data.clips.rows import HandedClips
from mtkd_engine.data.video import vectors
from mtkd_engine.data.video.ingest import FrameImages, Ingested, Refused, Source
from mtkd_engine.data.video.previewing import Preview

SPLITS = ("train", "val", "test")
CLASSES = ("jump", "run")


def clip(seed: int = 0, *, frames: int = 20, note: str = "") -> bytes:
    """This will give a file that stands for a video of so many frames, another one for each seed."""
    return f"clip {seed} {frames} {note}".encode()


def write(root: Path, files: Mapping[str, bytes | str]) -> Path:
    """This will write files below a folder by their paths."""
    for name, content in files.items():
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def pretended(
    sources: Sequence[Source], *, to: Path, say: Callable[[int, int], None], **others: Any
) -> Iterator[tuple[int, Ingested | Refused]]:
    """This will do as the ingest does with such clips; a file that is none is refused."""
    for number, source in enumerate(sources):
        paths = source.images if isinstance(source, FrameImages) else (source,)
        content = b"".join(path.read_bytes() for path in paths)
        digest = hashlib.sha256(content).hexdigest()
        if isinstance(source, FrameImages):
            content = clip(int(digest[:8], 16), frames=len(paths))
        if not content.startswith(b"clip "):
            yield number, Refused("not_a_video", f"{paths[0].name} is not a video; videos are accepted.")
            continue
        _, _, frames, note = content.decode().split(" ", 3)
        (to / f"{number:06d}.mp4").write_bytes(content)
        say(number + 1, len(sources))
        yield (
            number,
            Ingested(
                frames=int(frames),
                rate=10.0,
                width=64,
                height=48,
                gops=tuple(range(0, int(frames), 12)),
                notes=(note,) if note else (),
                sha256=digest,
                size=len(content),
            ),
        )


def pretended_grid(stream: bytes) -> NDArray[np.int8]:
    """This will give the motion vectors of such a clip, which tell its seed."""
    _, seed, frames, _ = stream.decode().split(" ", 3)
    return np.full((int(frames), 32, 43, 2), int(seed) % 100, np.int8)


def pretended_preview(stream: bytes, *, rate: float) -> Preview:
    """This will give what is seen of such a clip: what it says."""
    return Preview(poster=b"poster of " + stream, play=f"{rate:g} a second of ".encode() + stream)


@pytest.fixture
def pretend(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clips are lines of text."""
    monkeypatch.setattr(ingesting, "ingest", pretended)
    monkeypatch.setattr(vectors, "vector_grid", pretended_grid)
    monkeypatch.setattr(previews, "preview", pretended_preview)


def film(path: Path, *, seed: int = 0, frames: int = 16) -> Path:
    """This will write a real video of 64 x 48 pixels in which a square moves."""
    path.parent.mkdir(parents=True, exist_ok=True)
    back = np.random.default_rng(seed).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    with av.open(str(path), "w", format="mp4") as container:
        stream: Any = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(frames):
            pixels = back.copy()
            pixels[16:32, number : number + 16] = 255 - 10 * seed
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, "rgb24")))
        container.mux(stream.encode())
    return path


def told(handed: HandedClips) -> dict[str, list[str]]:
    """This will give what a reader noticed, by code."""
    codes: dict[str, list[str]] = {}
    for one in handed.found:
        codes.setdefault(one.code, []).append(one.said)
    return codes


def labels(handed: HandedClips) -> dict[str, tuple[str | None, str]]:
    """This will give split and class of each sample."""
    return {row.sample_id: (row.split, handed.classes[row.label]) for row in handed.rows}


def videos(root: Path, *, base: str = "", count: int = 4, ending: str = ".avi") -> Path:
    """This will write clips of two classes into folders."""
    names = [f"{base}{label}/{label[0]}{n}{ending}" for label in CLASSES for n in range(count)]
    return write(root, {name: clip(number) for number, name in enumerate(names)})
