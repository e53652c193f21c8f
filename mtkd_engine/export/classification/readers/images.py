"""Ask an exported student which class an image is of; needs numpy, pillow and onnxruntime alone.

python read_student.py student.onnx image.png
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from PIL import Image, ImageOps


class Student:
    """An exported student, with what its file says of how to feed and to read it."""

    def __init__(self, path: str | Path) -> None:
        self.session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        said = self.session.get_modelmeta().custom_metadata_map
        self.feeding = json.loads(said["mtkd.feeding"])
        self.classes = json.loads(said["mtkd.model"])["classes"]

    def ask(self, image: Image.Image, *, best: int = 5) -> list[tuple[str, float]]:
        """This will give the likeliest classes of an image as (name, probability), best first."""
        (logits,) = self.session.run(None, {"images": self.prepare(image)[None]})
        scores = logits[0].astype(np.float64) / self.feeding["temperature"]
        chances = np.exp(scores - scores.max())
        chances /= chances.sum()
        order = np.argsort(-chances, kind="stable")[:best]
        return [(self.classes[place], float(chances[place])) for place in order]

    def prepare(self, image: Image.Image) -> Any:
        """This will bring an image to what the network reads: (C, size, size) float32."""
        wanted = self.feeding["image"]
        size = wanted["size"]
        values = np.asarray(self.square(image, size), np.float32).transpose(2, 0, 1)
        if wanted["channels"] == 1:
            values = np.tensordot(np.array([0.299, 0.587, 0.114], np.float32), values, axes=1)[None]
        mean, std = (np.array(wanted[name], np.float32)[:, None, None] for name in ("mean", "std"))
        return (values / 255 - mean) / std

    @staticmethod
    def square(image: Image.Image, size: int) -> Image.Image:
        """This will cut out the square in the middle, upright and opaque, and resize it."""
        if image.format == "JPEG":
            image.draft(None, (size, size))
        image = ImageOps.exif_transpose(image)
        if image.has_transparency_data:
            over = image.convert("RGBA")
            image = Image.alpha_composite(Image.new("RGBA", over.size, "white"), over)
        image = image.convert("RGB")
        side = min(image.size)
        left, top = (image.width - side) / 2, (image.height - side) / 2
        if image.size == (size, size):
            return image
        box = (left, top, left + side, top + side)
        return image.resize((size, size), Image.Resampling.BILINEAR, box=box, reducing_gap=3.0)


if __name__ == "__main__":
    file, picture = sys.argv[1:]
    for name, chance in Student(file).ask(Image.open(picture)):
        print(f"{chance:7.3f}   {name}")
