"""Ask an exported student which class every pixel of an image is of; needs numpy, pillow and onnxruntime alone.

python read_student.py student.onnx image.png classes.png     (writes the number of each pixel's class)
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

    def ask(self, image: Image.Image) -> Any:
        """This will give the number of each pixel's class, (H, W) at the size of the upright image."""
        image = upright(image)
        (logits,) = self.session.run(None, {"picture": self.prepare(image)[None]})
        return np.stack([enlarged(one, image.size) for one in logits[0]]).argmax(0)

    def prepare(self, image: Image.Image) -> Any:
        """This will bring an upright image to what the network reads: (3, height, width) float32."""
        wanted = self.feeding["picture"]
        small = image.resize((wanted["width"], wanted["height"]), Image.Resampling.BILINEAR)
        values = np.asarray(small, np.float32).transpose(2, 0, 1)
        mean, std = (np.array(wanted[name], np.float32)[:, None, None] for name in ("mean", "std"))
        return (values / 255 - mean) / std


def upright(image: Image.Image) -> Image.Image:
    """This will turn an image as it is shown, in RGB and opaque."""
    image = ImageOps.exif_transpose(image)
    if image.has_transparency_data:
        over = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", over.size, "white"), over)
    return image.convert("RGB")


def enlarged(cells: Any, size: tuple[int, int]) -> Any:
    """This will bring a map of cells to (width, height) pixels."""
    return np.asarray(Image.fromarray(cells.astype(np.float32)).resize(size, Image.Resampling.BILINEAR))


if __name__ == "__main__":
    file, picture, target = sys.argv[1:]
    student = Student(file)
    found = student.ask(Image.open(picture))
    Image.fromarray(found.astype(np.uint16 if len(student.classes) > 256 else np.uint8)).save(target)
    for number, count in enumerate(np.bincount(found.ravel(), minlength=len(student.classes))):
        if count:
            print(f"{count / found.size:7.3f}   {number:4d} {student.classes[number]}")
