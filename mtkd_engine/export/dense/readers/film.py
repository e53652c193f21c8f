"""Ask an exported student where people look in a video; needs numpy, pillow and onnxruntime, and av to read a file.

python read_student.py student.onnx video.mp4 folder     (writes a map of each frame, its highest value as white)
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from PIL import Image


class Student:
    """An exported student, with what its file says of how to feed and to read it."""

    def __init__(self, path: str | Path) -> None:
        self.session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        self.feeding = json.loads(self.session.get_modelmeta().custom_metadata_map["mtkd.feeding"])

    def ask(self, frames: Sequence[Image.Image]) -> Any:
        """This will give each frame's share of looks at its pixels, (T, H, W); those of a frame sum to 1."""
        count, window = len(frames), self.feeding["film"]["frames"]
        size = frames[0].size
        seen = np.stack([self.prepare(frame) for frame in frames])
        sums, times = np.zeros((count, size[1], size[0])), np.zeros(count)
        for start in self.starts(count, window):
            places = np.minimum(np.arange(start, start + window), count - 1)  # short videos end with a still
            (logits,) = self.session.run(None, {"frames": seen[places][None]})
            for place, cells in list(zip(places, logits[0], strict=True))[: count - start]:
                sums[place] += self.shares(cells, size)
                times[place] += 1
        return sums / times[:, None, None]

    def prepare(self, frame: Image.Image) -> Any:
        """This will bring a frame to what the network reads: (3, height, width) float32."""
        wanted = self.feeding["film"]
        small = frame.convert("RGB").resize((wanted["width"], wanted["height"]), Image.Resampling.BILINEAR)
        values = np.asarray(small, np.float32).transpose(2, 0, 1)
        mean, std = (np.array(wanted[name], np.float32)[:, None, None] for name in ("mean", "std"))
        return (values / 255 - mean) / std

    def shares(self, cells: Any, size: tuple[int, int]) -> Any:
        """This will give the share of looks at each pixel of a frame of (width, height)."""
        whole = Image.fromarray(cells.astype(np.float32)).resize(size, Image.Resampling.BILINEAR)
        scores = np.asarray(whole, np.float64) / self.feeding["temperature"]
        found = np.exp(scores - scores.max())
        return found / found.sum()

    @staticmethod
    def starts(count: int, window: int) -> list[int]:
        """This will say where windows begin that overlap by half and end with the video."""
        last = max(0, count - window)
        return sorted({*range(0, last, max(1, window // 2)), last})


if __name__ == "__main__":
    import av

    file, video, target = sys.argv[1:]
    with av.open(video) as opened:
        pictures = [Image.fromarray(frame.to_ndarray(format="rgb24")) for frame in opened.decode(video=0)]
    Path(target).mkdir(exist_ok=True)
    for number, shares in enumerate(Student(file).ask(pictures)):
        Image.fromarray(np.rint(255 * shares / shares.max()).astype(np.uint8)).save(
            Path(target) / f"{number:05d}.png"
        )
