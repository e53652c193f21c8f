"""Ask an exported student which class a clip is of; needs numpy, pillow and onnxruntime, and av to read a file.

python read_student.py student.onnx clip.mp4
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
        said = self.session.get_modelmeta().custom_metadata_map
        self.feeding = json.loads(said["mtkd.feeding"])
        self.classes = json.loads(said["mtkd.model"])["classes"]

    def ask(self, frames: Sequence[Image.Image], *, best: int = 5) -> list[tuple[str, float]]:
        """This will give the likeliest classes of a clip's frames as (name, probability), best first."""
        (logits,) = self.session.run(None, {"frames": self.prepare(frames)[None]})
        scores = logits[0].astype(np.float64) / self.feeding["temperature"]
        chances = np.exp(scores - scores.max())
        chances /= chances.sum()
        order = np.argsort(-chances, kind="stable")[:best]
        return [(self.classes[place], float(chances[place])) for place in order]

    def prepare(self, frames: Sequence[Image.Image]) -> Any:
        """This will bring the middle frame of each of equal parts to what the network reads: (T, C, size, size)."""
        wanted = self.feeding["clip"]
        count, parts = len(frames), wanted["frames"]
        place = np.arange(parts)
        first, last = (
            place * count // parts,
            np.maximum((place + 1) * count // parts - 1, place * count // parts),
        )
        seen = [self.square(frames[moment], wanted["size"]) for moment in (first + last) // 2]
        values = np.stack([np.asarray(one, np.float32).transpose(2, 0, 1) for one in seen])
        mean, std = (np.array(wanted[name], np.float32)[:, None, None] for name in ("mean", "std"))
        return (values / 255 - mean) / std

    @staticmethod
    def square(frame: Image.Image, size: int) -> Image.Image:
        """This will bring a frame to 340 x 256 pixels, as in training, and resize the square in its middle."""
        frame = frame.convert("RGB").resize((340, 256), Image.Resampling.BICUBIC)
        return frame.resize((size, size), Image.Resampling.BILINEAR, box=(42, 0, 298, 256))


if __name__ == "__main__":
    import av

    file, clip = sys.argv[1:]
    with av.open(clip) as video:
        pictures = [Image.fromarray(frame.to_ndarray(format="rgb24")) for frame in video.decode(video=0)]
    for name, chance in Student(file).ask(pictures):
        print(f"{chance:7.3f}   {name}")
